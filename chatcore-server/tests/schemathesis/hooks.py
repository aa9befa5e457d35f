"""What Schemathesis cannot know of the server: how to sign in, ids that lead somewhere, and streams that do not end."""

import json
import os
import random
from urllib.parse import urlsplit

import requests
import schemathesis

API = os.environ["CHATCORE_TEST_API"]
PASSWORD = "a horse that eats staples"
PATIENCE = 30

# what a path is about, and what a field is to hold, so that it leads somewhere
known = {}

# the calls of the hooks themselves
session = requests.Session()
session.trust_env = False


def ask(path, body, token=None):
    """The answer to a request; none if nobody is signed in, or somebody has had too much of something."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = session.post(API + path, json=body, headers=headers, timeout=PATIENCE)
    if answer.status_code in (401, 402, 429):
        return None
    if not answer.ok:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
    return answer.json()


def is_for_admins(case):
    return case.operation.path.startswith("/admin/")


@schemathesis.auth(refresh_interval=3, cache_by_key=lambda case, context: str(is_for_admins(case)))
class Account:
    """Signs in every few seconds, because some of the operations sign out."""

    name = "nobody"

    def get(self, case, context):
        if is_for_admins(case):
            return ask("/auth/login", {"login": "root", "password": PASSWORD})["access_token"]
        # a new one, if some of the operations have locked or closed the account, or spent what it had
        return self.sign_in("/auth/login", "login") or self.sign_in("/auth/register", "username")

    def sign_in(self, path, name):
        """The token of somebody who has said something."""
        if name == "username":
            self.name = "u" + os.urandom(8).hex()
        account = ask(path, {name: self.name, "password": PASSWORD})
        chat = account and ask("/conversations", {}, account["access_token"])["id"]
        turn = chat and ask(f"/conversations/{chat}/messages", {"text": "hello"}, account["access_token"])
        if not turn:
            return None
        said, answer = turn["user_message"]["id"], turn["assistant_message"]["id"]
        known.update(conversations=chat, messages=answer, runs=turn["run"]["id"], model="eliza", password=PASSWORD)
        known.update(message_id=said, parent_id=answer, expected_head=answer, leaf=answer, about=chat)
        known.update(users=account["user"]["id"], plans="plus", plan="plus")
        return account["access_token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def lead_somewhere(values, names):
    """Random texts are nobody's names, so some of them are replaced."""
    for field, name in names:
        if isinstance(values.get(field), str) and name in known and random.random() < 0.8:
            values[field] = known[name]


@schemathesis.hook
def before_call(context, case, options):
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    about = case.operation.path.removeprefix("/admin").split("/")[1]
    lead_somewhere(case.path_parameters or {}, [("id", about)])
    lead_somewhere(case.query or {}, [("leaf", "leaf")])
    if isinstance(case.body, dict):
        lead_somewhere(case.body, [(field, field) for field in case.body])


@schemathesis.hook
def before_load_schema(context, document):
    """The document calls a stream a list of what its events carry; Schemathesis looks at each event by itself."""
    if isinstance(document, list):
        for part in document:
            before_load_schema(context, part)
    if isinstance(document, dict):
        stream = document.get("text/event-stream")
        if stream:
            stream["schema"] = stream["schema"]["items"]
        for part in document.values():
            before_load_schema(context, part)


@schemathesis.deserializer("text/event-stream")
def events(context, response):
    lines = response.content.decode().split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def hang_up_on_endless_streams(send):
    """Streams over several runs end when the reader goes: their head is all that a test of the document needs."""

    def read_head(adapter, request, stream=False, **options):
        answer = send(adapter, request, stream=True, **options)
        is_stream = answer.headers.get("Content-Type", "").startswith("text/event-stream")
        if is_stream and "/runs/" not in urlsplit(request.url).path and request.method == "GET":
            answer._content = b""
            answer.close()
        return answer

    return read_head


requests.adapters.HTTPAdapter.send = hang_up_on_endless_streams(requests.adapters.HTTPAdapter.send)
