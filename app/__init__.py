"""The app: Streamlit pages over what the diagnostics find and what the trainer's jobs do."""

# how a person opens a folder in it, here or installed
PROGRAM = "streamlit run app -- --logdir" if __name__ == "app" else "fitwatch"
