"""Temperature: code that divides a trained network's logits by the number that ``calibrate`` wrote."""

from __future__ import annotations

READ = """\
# Temperature, after training: `fitwatch calibrate` writes it beside a run's best weights; $strength in the run advised
temperature = json.loads(Path(run, "calibration.json").read_text())["temperature"]
"""
PYTORCH = f"""\
{READ}
@torch.no_grad()
def probabilities(x):
    return torch.softmax(model.eval()(x) / temperature, dim=-1)  # with a single logit: torch.sigmoid"""
TRANSFORMERS = f"""\
{READ}
@torch.no_grad()
def probabilities(**inputs):
    return torch.softmax(model.eval()(**inputs).logits / temperature, dim=-1)"""
KERAS = f"""\
{READ}
def probabilities(x):
    logits = model.predict(x, verbose=0)
    if not from_logits:  # the model ends with a softmax
        logits = np.log(np.maximum(logits, 1e-30))
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits / temperature))"""
