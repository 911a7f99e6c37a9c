"""Words of who may do what."""

from app import PROGRAM

READ_ONLY = "This app was started with --read-only: nothing can be started or changed here."
NOT_LOOPBACK = (
    "This app can be reached from other machines and asks for no token, so nothing can be started or changed here. "
    "Start it with --token, or with --read-only to hide this."
)
FOREIGN = "This request comes from a page of another address, so it is not answered. Open the app's own address."
NOT_FROM_HERE = "Where messages go is set on the machine that the app runs on, or through a tunnel to it."
OUT_OF_REACH = (
    "{} lies outside of the folders this app was started over, so {} is shown instead. Start the app with --root to "
    "open it."
)
ABOVE = f"The trial would lie in {{}}, which this app was not started over. Start it over that folder: {PROGRAM} {{}}"
TOKEN = "Token"
TOKEN_HELP = "The terminal that started the app has printed it."
TOKEN_WRONG = "This is not the token of this app."
