"""The unmodified `openai` client against the mock: python openai_client.py BASE_URL KEY [limited].

With `limited` the mock must have two 429 answers in its queue.
"""

import sys

import openai

base_url, key = sys.argv[1], sys.argv[2]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)
messages = [{"role": "user", "content": "héllo there"}]

if sys.argv[3:] == ["limited"]:
    try:
        client.chat.completions.create(model="mock-gpt", messages=messages)
        sys.exit("the limit was not kept")
    except openai.RateLimitError as error:
        assert (error.status_code, error.code) == (429, "rate_limit_exceeded"), error
    again = client.with_options(max_retries=1).chat.completions.create(model="mock-gpt", messages=messages)
    assert again.choices[0].message.content.startswith("You said")
    print("ok")
    sys.exit()

assert [model.id for model in client.models.list()] == ["mock-gpt", "mock-gpt-mini"]
assert client.models.retrieve("mock-gpt").object == "model"

whole = client.chat.completions.create(model="mock-gpt", messages=messages)
assert whole.choices[0].message.content == "You said: héllo there", whole
assert whole.choices[0].finish_reason == "stop"
assert (whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.total_tokens) == (2, 4, 6)
assert whole._request_id.startswith("req_")

text, usage, finish = "", None, None
stream = client.chat.completions.create(
    model="mock-gpt", messages=messages, stream=True, stream_options={"include_usage": True}
)
for chunk in stream:
    assert chunk.object == "chat.completion.chunk"
    usage = chunk.usage or usage
    for choice in chunk.choices:
        text += choice.delta.content or ""
        finish = choice.finish_reason or finish
assert (text, finish) == ("You said: héllo there", "stop"), (text, finish)
assert usage.total_tokens == 6

tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
called = client.chat.completions.create(model="mock-gpt", messages=messages, tools=tools, tool_choice="required")
assert called.choices[0].message.tool_calls[0].function.name == "look"
assert called.choices[0].finish_reason == "tool_calls"

response = client.responses.create(model="mock-gpt", input="héllo there")
assert (response.output_text, response.status) == ("You said: héllo there", "completed"), response
assert (response.usage.input_tokens, response.usage.output_tokens) == (2, 4), response.usage

with client.responses.stream(model="mock-gpt", input="héllo there", max_output_tokens=3) as stream:
    events = list(stream)
kinds, final = [event.type for event in events], events[-1].response
assert (kinds[0], kinds[-1]) == ("response.created", "response.incomplete"), kinds
assert kinds.count("response.output_text.delta") == 3, kinds
assert final.output_text == "You said: héllo ", final
with client.responses.stream(model="mock-gpt", input="héllo there") as stream:
    for event in stream:
        pass
    assert stream.get_final_response().output_text == "You said: héllo there"

look = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}
with client.responses.stream(model="mock-gpt", input="look", tools=[look], tool_choice="required") as stream:
    for event in stream:
        pass
    called = stream.get_final_response().output[0]
assert (called.type, called.name, called.arguments) == ("function_call", "look", "{}"), called

try:
    openai.OpenAI(base_url=base_url, api_key="wrong", max_retries=0).models.list()
    sys.exit("a wrong key was taken")
except openai.AuthenticationError as error:
    assert (error.status_code, error.code) == (401, "invalid_api_key"), error

try:
    client.chat.completions.create(model="no-such-model", messages=messages)
    sys.exit("an unknown model was taken")
except openai.NotFoundError as error:
    assert error.code == "model_not_found", error

print("ok")
