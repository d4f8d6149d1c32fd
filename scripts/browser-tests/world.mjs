// A test's own world: a site with pages, a collector on another origin, and browsers that visit.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import http from 'node:http';
import {newContext} from './browser.mjs';
import {Collector, site} from './collector.mjs';

export class World {
  #pages = new Map();
  #complaints = [];
  #expected = new Set();
  #contexts = [];

  // Tells a stand-in, or the collector that it is given.
  static async open(t, collector) {
    const world = new World();
    world.collector = collector ?? await new Collector().open();
    world.server = http.createServer((request, response) => world.#serve(request, response)).listen(0, '127.0.0.1');
    await once(world.server, 'listening');
    t.after(async () => {
      for (const context of world.#contexts) await context.close();
      world.server.close();
      world.server.closeAllConnections();
      world.collector.close();
      // Holds in every test: the page never hears of the tag's troubles, and its strict policy is kept.
      assert.deepEqual(world.#complaints.filter(complaint => !world.#expected.has(complaint)), []);
    });
    return world;
  }

  // Puts a page at a path. `tag`: the attributes of the line that a site pastes; null leaves it out.
  page(path, {title = path, tag = '', before = '', body = '', status = 200, headers = {}} = {}) {
    const line = tag === null ? '' :
      `<script defer src="${this.collector.origin}/tag.js" data-site="${site}" ${tag}></script>`;
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>${before}${line}${body}`;
    this.#pages.set(path, {status, headers: {'content-type': 'text/html', ...headers}, text: html});
  }

  script(path, text, type = 'text/javascript') {
    this.#pages.set(path, {status: 200, headers: {'content-type': type}, text});
  }

  // Calls `reached` when the path is asked for, and answers with what that comes to.
  on(path, reached) {
    this.#pages.set(path, {status: 200, reached});
  }

  redirect(from, to) {
    this.#pages.set(from, {status: 303, headers: {location: to}, text: ''});
  }

  url(path, host = 'www.shop.test') {
    return `http://${host}:${this.server.address().port}${path}`;
  }

  // A new browser profile with one page open. `setUp` runs in each document before anything else.
  async visitor({context, setUp, ...settings} = {}) {
    context ??= await newContext(settings);
    this.#contexts.push(context);
    if (setUp) await context.addInitScript(setUp);
    return this.tab(context);
  }

  async tab(context) {
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) this.#complaints.push(message.text());
    });
    page.on('pageerror', error => this.#complaints.push(`not caught: ${error.message}`));
    return page;
  }

  expect(complaint) {
    this.#expected.add(complaint);
  }

  arrived(what, count) {
    return this.collector.arrived(what, count);
  }

  // All facts of a kind, once nothing more is on its way from the page.
  async all(page, what) {
    await this.collector.settle(page);
    return (await this.collector.arrivals()).filter(fact => !what || fact.what === what).map(fact => fact.body);
  }

  async #serve(request, response) {
    request.resume();
    const [path, query] = request.url.split('?');
    const page = this.#pages.get(path);
    const {origin} = this.collector;
    const policy = `default-src 'none'; script-src 'self' ${origin}; connect-src 'self' ${origin}; ` +
      `form-action 'self'; base-uri 'none'; frame-src 'self'; require-trusted-types-for 'script'`;
    response.writeHead(page?.status ?? 404, {'content-security-policy': policy, ...page?.headers})
      .end(page?.reached ? await page.reached(query) : page?.text);
  }
}

export async function cookies(page, name) {
  const all = await page.context().cookies();
  return name ? all.find(cookie => cookie.name === name) : all.filter(cookie => cookie.name.startsWith('_tl'));
}

// The visitor was last seen so many minutes ago.
export async function away(page, minutes) {
  const visit = await cookies(page, '_tl_visit');
  const [last, campaign] = visit.value.split('.');
  await page.context().addCookies([{...visit, value: `${last - minutes * 60}.${campaign}`}]);
}
