// What the tag talks to, and the record of what it was told.
//
// Without TOUCHLINE_URL this is a stand-in that serves tag.js from the source tree and answers as Touchline does. With
// it, every request goes on to the Touchline there, and what that answers is what the browser gets.
import {EventEmitter, once} from 'node:events';
import {readFile} from 'node:fs/promises';
import http from 'node:http';
import {servedTag} from './minify.mjs';

const touchline = process.env.TOUCHLINE_URL;
export const site = process.env.TOUCHLINE_SITE ?? 's';

export class Collector {
  #told = [];
  #settled = new Set();
  #news = new EventEmitter().setMaxListeners(0);
  #server = http.createServer((request, response) => this.#answer(request, response));

  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.origin = `http://touchline.test:${this.#server.address().port}`;
    return this;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  // What has arrived: [{what: 'visit' or 'conversion', body, headers}], in order. The one place that knows where to look.
  async arrivals() {
    return [...this.#told];
  }

  // Waits until so many facts of a kind have arrived, and gives their bodies.
  async arrived(what, count = 1) {
    for (;;) {
      const bodies = (await this.arrivals()).filter(fact => fact.what === what).map(fact => fact.body);
      if (bodies.length >= count) return bodies;
      await this.#change(`${count} of ${what}; there are ${bodies.length}`);
    }
  }

  // Waits until all that the page has sent so far is here: what is sent now comes after it.
  async settle(page) {
    const mark = Math.random().toString(36);
    await page.evaluate(to => { navigator.sendBeacon(to); }, `${this.origin}/settled/${mark}`);
    while (!this.#settled.has(mark)) await this.#change('that the page has settled');
  }

  async #change(awaited) {
    try {
      await once(this.#news, 'change', {signal: AbortSignal.timeout(8000)});
    } catch {
      throw new Error(`waited in vain for ${awaited}`);
    }
  }

  async #answer(request, response) {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const [, first, of, what] = request.url.split('/');
    if (first === 'settled') {
      this.#settled.add(of);
      response.writeHead(204).end();
    } else {
      const {status, headers, text} = await (touchline ? this.#forward(request, body) : this.#standIn(request, of));
      response.writeHead(status, headers).end(text);
      if (first === 'tag') {
        if (status !== 204) throw new Error(`${request.method} ${request.url} was answered ${status}: ${text}`);
        this.#told.push({what, body: JSON.parse(body), headers: request.headers});
      }
    }
    this.#news.emit('change');
  }

  async #standIn(request, of) {
    if (request.url === '/tag.js') {
      return {status: 200, headers: {'content-type': 'text/javascript'}, text: await readFile(servedTag)};
    }
    return {status: request.method === 'POST' && of === site ? 204 : 404};
  }

  async #forward(request, body) {
    const {host, connection, 'content-length': _, ...headers} = request.headers;
    const answer = await fetch(new URL(request.url, touchline), {
      method: request.method, headers, body: request.method === 'POST' ? body : undefined,
    });
    const type = answer.headers.get('content-type');
    return {status: answer.status, headers: type ? {'content-type': type} : {}, text: await answer.text()};
  }
}
