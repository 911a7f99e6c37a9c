"""The app: Streamlit pages over what the diagnostics find and what the trainer's jobs do."""
