"""Signs in at the server and checks the access token with PyJWT: with the public key, and with the published keys."""

import json
import sys
import urllib.request

import jwt

base, public = sys.argv[1], open(sys.argv[2]).read()


def post(path, body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


session = post("/api/v1/auth/register", {"username": "ada", "password": "a horse that eats staples"})
token = session["access_token"]
rules = {"audience": "chatcore", "issuer": "chatcore", "options": {"require": ["exp", "iat", "sub", "aud", "iss"]}}

claims = jwt.decode(token, public, algorithms=["RS256"], **rules)
assert claims["sub"] == session["user"]["id"], claims
assert claims["exp"] - claims["iat"] == session["expires_in"], claims
head = jwt.get_unverified_header(token)
assert head["alg"] == "RS256" and head["typ"] == "at+jwt", head

published = jwt.PyJWKClient(base + "/.well-known/jwks.json").get_signing_key_from_jwt(token)
assert published.key_id == head["kid"], head
assert jwt.decode(token, published.key, algorithms=["RS256"], **rules) == claims

for broken in [token[:-6] + "AAAAAA", token.replace(".", ".e", 1)]:
    try:
        jwt.decode(broken, public, algorithms=["RS256"], **rules)
    except jwt.InvalidTokenError:
        continue
    raise AssertionError("PyJWT takes anything")
