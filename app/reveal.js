// Scrolls as far as it takes to see the whole part, once for each reason: who scrolls away afterwards stays there.
const revealed = (window.fitwatchRevealed ??= {})

export default function ({ data }) {
  if (revealed[data.part] === data.reason) return
  revealed[data.part] = data.reason
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  document
    .querySelector(`.st-key-${CSS.escape(data.part)}`)
    ?.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' })
}
