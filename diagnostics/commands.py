"""Commands: how a person types them, in the style in which this program was called."""

import os

# what ``fitwatch`` was called as, which it leaves to itself and to what it starts; installed, there is no other way
_FITWATCH = os.environ.get("FITWATCH_CALLED") or ("fitwatch" if __name__.startswith("fitwatch.") else "")

APP = _FITWATCH or "streamlit run app -- --logdir"
CHECK = f"{_FITWATCH} check" if _FITWATCH else "python -m diagnostics"
EXPORT = f"{_FITWATCH or 'python -m fitwatch'} export"
SUGGEST = f"{_FITWATCH} suggest" if _FITWATCH else "python -m diagnostics.suggest"
TRY = f"{_FITWATCH or 'python -m trainer'} try"
