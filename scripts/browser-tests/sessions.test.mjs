// Who may do what in the pages, as a browser has it: sessions that end, tokens that only look, and pages of others that
// would like to act for somebody who is signed in.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {newContext} from './browser.mjs';
import {Touchline, eventually} from './touchline.mjs';

async function signedIn(t, touchline, token, origin = touchline.origin) {
  const context = await newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${origin}/sign-in`);
  await page.fill('#token', token);
  await page.click('button[type=submit]');
  await page.waitForURL('**/sites/s/overview');
  return page;
}

const token = async (touchline, ...options) =>
  (await touchline.command('token', 'create', '--site', 's', ...options)).trim();

test('a session ends with its token', async t => {
  const touchline = await Touchline.start(t);
  const page = await signedIn(t, touchline, await token(touchline, '--scope', 'read', '--expires', '15s'));
  await page.reload();
  assert.ok(page.url().endsWith('/overview'), 'it is good until then');
  await eventually('the session to be over', async () => {
    await page.reload();
    return page.url().includes('/sign-in');
  }, 30_000);
  await page.goto(`${touchline.origin}/sites/s/set-up`);
  assert.ok(page.url().includes('/sign-in?back='), 'and leads nowhere');
});

test('a token that may read looks and changes nothing', async t => {
  const touchline = await Touchline.start(t);
  const page = await signedIn(t, touchline, await token(touchline, '--scope', 'read'));
  for (const path of ['set-up', 'channels', 'quality', 'people']) {
    await page.goto(`${touchline.origin}/sites/s/${path}`);
    assert.equal(await page.locator('main form[method=post]').count(), 0, `${path} has no form that changes anything`);
  }
  // The key of its own session, as its page has it, does not help.
  const key = await page.inputValue('form[action="/sign-out"] [name=key]');
  const status = await page.evaluate(async key => {
    const answer = await fetch('/sites/s/set-up/tokens', {method: 'POST', body: new URLSearchParams({key, name: 'x', scope: 'admin'})});
    return answer.status;
  }, key);
  assert.equal(status, 403);
  assert.ok(!(await touchline.command('token', 'list')).includes(' x '), 'no token was made');
});

test('a page of another site cannot act for who is signed in', async t => {
  const touchline = await Touchline.start(t);
  const page = await signedIn(t, touchline, await token(touchline, '--scope', 'read,admin'));
  const before = await touchline.command('token', 'list');
  // The same server under a name of somebody else's: to a browser another site.
  const theirs = new URL(touchline.origin);
  theirs.hostname = 'evil.test';
  await page.goto(`${theirs.origin}/docs`);
  await page.evaluate(target => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = target;
    for (const [name, value] of [['name', 'theirs'], ['scope', 'admin'], ['key', 'guessed']]) {
      const input = document.createElement('input');
      [input.name, input.value] = [name, value];
      form.append(input);
    }
    document.body.append(form);
    form.submit();
  }, `${touchline.origin}/sites/s/set-up/tokens`);
  await page.waitForURL(`${touchline.origin}/**`);
  assert.ok(page.url().includes('/sign-in'), 'the browser does not even send the session');
  assert.equal(await touchline.command('token', 'list'), before);
  await page.goto(`${touchline.origin}/sites/s/overview`);
  assert.ok(page.url().endsWith('/overview'), 'who is signed in still is');
});
