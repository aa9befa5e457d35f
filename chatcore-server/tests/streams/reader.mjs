// Reads the events of a run with the package `eventsource`, which comes back by itself, and says what it heard.
import { EventSource } from 'eventsource';

const [url, token] = process.argv.slice(2);
const heard = { text: '', seqs: [], connections: 0, message: null };
const source = new EventSource(url, {
  fetch: (input, init) => {
    heard.connections += 1;
    return fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  },
});
const note = (event) => heard.seqs.push(Number(event.lastEventId.split(':')[1]));
for (const name of ['started', 'reasoning', 'refusal', 'tool_call', 'provider', 'usage']) {
  source.addEventListener(name, note);
}
source.addEventListener('delta', (event) => {
  note(event);
  heard.text += JSON.parse(event.data).text;
});
for (const name of ['completed', 'stopped', 'failed', 'interrupted']) {
  source.addEventListener(name, (event) => {
    note(event);
    source.close();
    heard.message = JSON.parse(event.data).message.text;
    console.log(JSON.stringify(heard));
  });
}
