// Server-sent events out of the body of a response, by the rules of the HTML standard. Reconnecting is in live.js.

/** Yields `{id, event, data}` for every event, and null for a sign of life that is none. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let current = { id: "", event: "", data: [] };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      // a line ends with LF, CR LF or CR; a CR at the very end may be half of a CR LF
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (current.data.length) yield { ...current, data: current.data.join("\n") };
          current = { id: current.id, event: "", data: [] };
        } else {
          field(current, line);
        }
      }
      yield null;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function field(current, line) {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") current.data.push(value);
  else if (name === "event") current.event = value;
  else if (name === "id" && !value.includes("\0")) current.id = value;
}
