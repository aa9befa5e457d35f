"""The unmodified `anthropic` client against the mock: python anthropic_client.py ROOT_URL KEY [limited].

With `limited` the mock must have two 429 answers in its queue.
"""

import sys

import anthropic

root_url, key = sys.argv[1], sys.argv[2]
client = anthropic.Anthropic(base_url=root_url, api_key=key, max_retries=0)
ask = {"model": "mock-gpt", "max_tokens": 100, "messages": [{"role": "user", "content": "héllo there"}]}

if sys.argv[3:] == ["limited"]:
    try:
        client.messages.create(**ask)
        sys.exit("the limit was not kept")
    except anthropic.RateLimitError as error:
        assert error.status_code == 429 and error.body["error"]["type"] == "rate_limit_error", error.body
    again = client.with_options(max_retries=1).messages.create(**ask)
    assert again.content[0].text.startswith("You said")
    print("ok")
    sys.exit()

assert [model.id for model in client.models.list()] == ["mock-gpt", "mock-gpt-mini"]

whole = client.messages.create(**ask)
assert whole.content[0].text == "You said: héllo there", whole
assert (whole.stop_reason, whole.usage.input_tokens, whole.usage.output_tokens) == ("end_turn", 2, 4), whole

with client.messages.stream(**ask) as stream:
    pieces = list(stream.text_stream)
    final = stream.get_final_message()
assert "".join(pieces) == "You said: héllo there" and len(pieces) > 1, pieces
assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", 4), final

tools = [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]
for choice in ({"type": "any"}, {"type": "tool", "name": "look"}):
    with client.messages.stream(**ask, tools=tools, tool_choice=choice) as stream:
        called = stream.get_final_message()
    assert (called.stop_reason, called.content[0].name, called.content[0].input) == ("tool_use", "look", {}), called

cut = client.messages.create(**{**ask, "max_tokens": 2})
assert (cut.stop_reason, cut.content[0].text) == ("max_tokens", "You said: "), cut

try:
    anthropic.Anthropic(base_url=root_url, api_key="wrong", max_retries=0).models.list()
    sys.exit("a wrong key was taken")
except anthropic.AuthenticationError as error:
    assert error.body["error"]["type"] == "authentication_error", error.body

try:
    client.messages.create(**{**ask, "model": "no-such-model"})
    sys.exit("an unknown model was taken")
except anthropic.NotFoundError as error:
    assert error.body["error"]["type"] == "not_found_error", error.body

print("ok")
