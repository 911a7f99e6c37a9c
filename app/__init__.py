"""The app: Streamlit pages over what the diagnostics find and what the trainer's jobs do."""

import os

# how a person opens a folder in it, here or installed; the command fitwatch says what it was called as
PROGRAM = os.environ.get("FITWATCH_CALLED") or ("streamlit run app -- --logdir" if __name__ == "app" else "fitwatch")
