"""Prints `eth_account.json`: signatures of eth-account 0.14.0, and what becomes of them when they are broken.

    pip install eth-account==0.14.0 && python vectors.py > eth_account.json

The keys are known to everybody and hold nothing.
"""

import json

from eth_account import Account
from eth_account.messages import defunct_hash_message, encode_defunct
from eth_keys import keys
from eth_utils import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ANN, BEN = "0x" + "46" * 32, "0x" + "01" * 32
WELCOME = "WELCOME TO BASEDAGENT.IO PLATFORM"
SIGN_IN = f"""chat.example.org wants you to sign in with your Ethereum account:
{Account.from_key(ANN).address}

Sign in to the chat.

URI: https://chat.example.org
Version: 1
Chain ID: 1
Nonce: 32891756abcd
Issued At: 2024-05-01T12:00:00Z"""
TEXTS = {
    "the welcome of a chat platform": WELCOME,
    "a message to sign in": SIGN_IN,
    "nothing": "",
    "one letter": "a",
    "nine bytes": "123456789",
    "ten bytes": "1234567890",
    "letters of two bytes": "grüß dich",
    "letters of four bytes": "\U0001f44b\U0001f30d",
    "line feeds": "one\ntwo\n",
    "line ends of Windows": "one\r\ntwo",
    "a zero byte": "a\0b",
    "digits that could be read as bytes": "0xdeadbeef",
    "the prefix itself": "\x19Ethereum Signed Message:\n3abc",
    "a thousand letters": "x" * 1000,
}
cases = []


def sign(text, key=ANN):
    return bytes(Account.sign_message(encode_defunct(text=text), key).signature)


def case(name, outcome, signature, text=WELCOME, key=ANN):
    if isinstance(signature, bytes):
        signature = "0x" + signature.hex()
    address = Account.from_key(key).address
    cases.append(dict(name=name, text=text, address=address, signature=signature, outcome=outcome))


for name, text in TEXTS.items():
    case(f"{name}, signed by ann", "key", sign(text), text)
    case(f"{name}, signed by ben", "key", sign(text, BEN), text, BEN)

good = sign(WELCOME)
r, s, v = good[:32], good[32:64], good[64]
number = lambda value: value.to_bytes(32, "big")
case("v as some wallets write it", "key", r + s + bytes([v - 27]))
case("digits in capitals", "key", "0x" + good.hex().upper())
case("the other v", "mismatch", r + s + bytes([55 - v]))
case("the other v as some wallets write it", "mismatch", r + s + bytes([28 - v]))
for wrong in (2, 3, 26, 29, 30, 31, 37, 38, 255):
    case(f"v of {wrong}", "malformed", r + s + bytes([wrong]))
case("the higher s", "malformed", r + number(ORDER - int.from_bytes(s, "big")) + bytes([55 - v]))
case("the higher s with the old v", "malformed", r + number(ORDER - int.from_bytes(s, "big")) + bytes([v]))
case("r of zero", "malformed", number(0) + s + bytes([v]))
case("s of zero", "malformed", r + number(0) + bytes([v]))
case("r of the order", "malformed", number(ORDER) + s + bytes([v]))
case("s of the order", "malformed", r + number(ORDER) + bytes([v]))
case("r beyond every number", "malformed", b"\xff" * 32 + s + bytes([v]))
case("r of no point", "malformed", number(5) + s + bytes([v]))
case("nothing but zeros", "malformed", bytes(65))
case("64 bytes", "malformed", good[:64])
case("66 bytes", "malformed", good + b"\0")
case("the short form of EIP-2098", "malformed", r + bytes([s[0] | (v - 27) << 7]) + s[1:])
case("no digits", "malformed", "0x")
case("nothing at all", "malformed", "")
case("no 0x", "malformed", good.hex())
case("a capital X", "malformed", "0X" + good.hex())
case("half a byte", "malformed", "0x" + good.hex()[:-1])
case("a letter that is no digit", "malformed", "0x" + good.hex()[:-1] + "g")
case("a blank before it", "malformed", " 0x" + good.hex())
case("a line feed behind it", "malformed", "0x" + good.hex() + "\n")
case("r with one bit changed", "mismatch", bytes([r[0] ^ 1]) + r[1:] + s + bytes([v]))
case("the signature of somebody else", "mismatch", sign(WELCOME, BEN))
case("the signature under another text", "mismatch", sign(WELCOME + " "))
case("a text with another line end", "mismatch", sign("one\ntwo"), "one\r\ntwo")
case("a text with another first letter", "mismatch", sign("Welcome"), "welcome")
raw = lambda digest: keys.PrivateKey(bytes.fromhex(ANN[2:])).sign_msg_hash(digest).to_bytes()
case("a hash without the prefix", "mismatch", raw(keccak(text=WELCOME)))
case("a hash of the hash", "mismatch", sign(defunct_hash_message(text=WELCOME).hex()))
case("a contract that is not deployed yet", "unsupported", bytes(96) + bytes.fromhex("6492" * 16))
case("a key's signature wrapped for one", "unsupported", good + bytes.fromhex("6492" * 16))
case("two owners of one contract", "malformed", good + sign(WELCOME, BEN))

print(json.dumps(cases, indent=2))
