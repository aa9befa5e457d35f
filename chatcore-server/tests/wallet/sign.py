"""Signs as a wallet would: a line of JSON with a key and a text in, one with an address and a signature out."""

import json
import sys

from eth_account import Account
from eth_account.messages import encode_defunct

for line in sys.stdin:
    asked = json.loads(line)
    signed = Account.sign_message(encode_defunct(text=asked["text"]), asked["key"])
    address = Account.from_key(asked["key"]).address
    print(json.dumps({"address": address, "signature": "0x" + bytes(signed.signature).hex()}), flush=True)
