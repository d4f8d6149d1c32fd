// The real product on a folder of its own, and how a CRM and an operator speak to it.
import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const binary = process.env.TOUCHLINE_BINARY ?? fileURLToPath(new URL('../../target/debug/touchline', import.meta.url));
const run = promisify(execFile);

export class Touchline {
  static async start(t) {
    const touchline = new Touchline();
    touchline.data = await mkdtemp(join(tmpdir(), 'touchline-journey-'));
    await touchline.command('site', 'add', '--id', 's', '--name', 'Shop');
    touchline.token = (await touchline.command('token', 'create', '--site', 's', '--scope', 'ingest,read')).trim();
    touchline.process = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--data', touchline.data],
      {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, TOUCHLINE_LOG_LEVEL: 'warn'}});
    for await (const line of createInterface(touchline.process.stdout)) {
      const [, port] = /^listening on http:\/\/[\d.]+:(\d+)$/.exec(line) ?? [];
      if (port) {
        touchline.address = `http://127.0.0.1:${port}`;
        touchline.origin = `http://touchline.test:${port}`;
        break;
      }
    }
    assert.ok(touchline.address, 'the server listens');
    t.after(async () => {
      touchline.process.kill();
      if (touchline.process.exitCode === null) await once(touchline.process, 'exit');
      await rm(touchline.data, {recursive: true, force: true});
    });
    return touchline;
  }

  async command(...words) {
    return (await run(binary, [...words, '--data', this.data])).stdout;
  }

  // The line that a site owner pastes.
  async line(...options) {
    return this.command('site', 'snippet', '--site', 's', '--address', this.origin, ...options);
  }

  // The World closes what it was given; this one ends with the test.
  close() {}

  async get(path) {
    const answer = await fetch(this.address + path, {headers: {authorization: `Bearer ${this.token}`}});
    return answer.status === 404 ? null : answer.json();
  }

  async person(query) {
    return this.get(`/api/v1/sites/s/people?${query}`);
  }

  async deal(reference) {
    return this.get(`/api/v1/sites/s/opportunities/${reference}`);
  }

  // What the CRM says of a deal, and by what it knows the customer.
  async upload(reference, identifiers) {
    const answer = await fetch(`${this.address}/v1/s/opportunity/upload`, {
      method: 'PUT',
      headers: {authorization: `Bearer ${this.token}`, 'content-type': 'application/json'},
      body: JSON.stringify({
        Reference: reference, OpportunityValue: '1250.00', CurrencyCode: 'GBP', PipelineStage: 'Won',
        OpportunityDateTime: new Date().toISOString(),
        VisitorIdentifierOptions: Object.entries(identifiers).map(([Key, Value]) => ({Key, Value})),
      }),
    });
    assert.equal(answer.status, 201, await answer.text());
  }
}

// Asks until there is an answer.
export async function eventually(what, ask, within = 8000) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
