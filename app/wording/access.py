"""Words of who may do what."""

from app import PROGRAM

READ_ONLY = "This app was started with --read-only: nothing can be started or changed here."
NOT_LOOPBACK = (
    "This app can be reached from other machines and asks for no token, so nothing can be started or changed here. "
    "Start it with --token, or with --read-only to hide this."
)
FOREIGN = "This request came from another website, so it was refused. Open the app at its own address."
NOT_FROM_HERE = "Where messages go can only be set on the machine that runs the app, or through a tunnel to it."
FRAMED = "Fitwatch is shown inside another page, so nothing can be clicked here."
OPEN_ALONE = "Open it in its own tab"
OUT_OF_REACH = (
    "{} is outside the folders that this app was started with, so {} is shown instead. To open it, start the app with "
    "--root."
)
ABOVE = f"The trial would be written to {{}}, which this app may not open. Start it with that folder: {PROGRAM} {{}}"
TOKEN = "Token"
TOKEN_HELP = "It was printed in the terminal that started the app."
TOKEN_WRONG = "This is not the token of this app."
