// Listens with the package `eventsource` to what a line of JSON says, up to an event, and says what it heard.
import { createInterface } from 'node:readline';
import { EventSource } from 'eventsource';

const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { url, authorization, last, names } = JSON.parse(value);
const heard = { events: [], connections: 0 };
const source = new EventSource(url, {
  fetch: (input, init) => {
    heard.connections += 1;
    const own = authorization ? { Authorization: authorization } : {};
    return fetch(input, { ...init, headers: { ...init.headers, ...own } });
  },
});
const end = () => {
  source.close();
  console.log(JSON.stringify(heard));
};
const note = (event) => {
  if (event.data === last) return end();
  heard.events.push({ name: event.type, data: JSON.parse(event.data) });
  if (event.type === last) end();
};
for (const name of new Set(['message', ...names])) source.addEventListener(name, note);
