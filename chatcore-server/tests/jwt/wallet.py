"""Signs in at the mount for ChatPlatform with a wallet of eth-account, and checks the access token with PyJWT."""

import json
import sys
import time
import urllib.request

import jwt
from eth_account import Account
from eth_account.messages import encode_defunct

base, public = sys.argv[1] + "/compat/chat-platform", open(sys.argv[2]).read()
wallet = Account.from_key("0x" + "46" * 32)


def ask(path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json", **headers})
    return json.load(urllib.request.urlopen(request))


message = ask("/auth/message")["message"]
signature = Account.sign_message(encode_defunct(text=message), wallet.key).signature
session = ask("/auth/authenticate", {"wallet_address": wallet.address, "signature": "0x" + bytes(signature).hex()})
token = session["access_token"]

assert jwt.get_unverified_header(token)["alg"] == "RS256"
# as a service does it that knows nothing but the public key
claims = jwt.decode(token, public, algorithms=["RS256"], options={"verify_aud": False})
profile = ask("/user/profile", Authorization=f"Bearer {token}")
assert claims["sub"] == str(profile["id"]) and claims["type"] == "ACCESS", claims
assert claims["exp"] == session["exp"] and claims["exp"] - claims["iat"] == 3600 and abs(claims["iat"] - time.time()) < 600, claims
assert profile["wallet_address"] == wallet.address.lower(), profile

try:
    jwt.decode(token[:-6] + "AAAAAA", public, algorithms=["RS256"], options={"verify_aud": False})
except jwt.InvalidTokenError:
    sys.exit()
raise AssertionError("PyJWT takes anything")
