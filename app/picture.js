// Saves a chart of the page as it is drawn: Streamlit passes where this stands and which chart is meant.
export default function ({ parentElement, data }) {
  const name = data.name.replace(/[^\w.-]+/g, "-");

  const drawn = () => {
    const chart = document.querySelector(`.st-key-${data.chart} svg.marks`);
    if (!chart) return null;
    const copy = chart.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of [["width", "100%"], ["height", "100%"], ["fill", data.paper]]) paper.setAttribute(key, value);
    copy.prepend(paper);
    const { width, height } = chart.getBoundingClientRect();
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  };

  const save = (blob, kind) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const actions = {
    svg: (picture) => save(new Blob([picture.text], { type: "image/svg+xml" }), "svg"),
    png: ({ text, width, height }) => {
      const scale = Math.max(2, window.devicePixelRatio || 1);
      const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
      const image = new Image();
      image.onload = () => {
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, "png"));
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    },
  };

  for (const kind of ["svg", "png"]) {
    const button = parentElement.querySelector(`#${kind}`);
    button.textContent = data.labels[kind];
    button.onclick = () => {
      const picture = drawn();
      if (picture) actions[kind](picture);
    };
  }
}
