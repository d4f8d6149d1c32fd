// Conversions: those that the page tells of, and forms that are read because the site asked for it.
import assert from 'node:assert/strict';
import test from 'node:test';
import {World} from './world.mjs';

const UNIQUE_ID = /^[\w-]{16}$/;

test('a form that redirects is told before the page goes', async t => {
  const world = await World.open(t);
  world.page('/', {title: 'Contact', tag: 'data-forms="on"', body: `
    <form id="contact" method="post" action="/send">
      <input name="email" type="email" value="ann@example.com"> <input name="phone" type="tel" value="+49 1512 3456789">
      <textarea name="message">Call me</textarea>
      <select name="size"><option>S<option selected>M</select>
      <input type="checkbox" name="topic" value="shoes" checked> <input type="checkbox" name="topic" value="boots" checked>
      <input type="checkbox" name="news" value="yes">
      <input type="radio" name="when" value="am"> <input type="radio" name="when" value="pm" checked>
      <input value="no name"> <input name="gone" value="x" disabled>
      <button name="button" value="send">Send</button>
    </form>`});
  world.redirect('/send', '/thanks');
  world.page('/thanks');
  const page = await world.visitor();
  await page.goto(world.url('/?gclid=1'));
  await page.context().addCookies([{name: '_ga', value: 'GA1.2-1.12.34', domain: 'www.shop.test', path: '/'}]);
  await page.click('button');
  await page.waitForURL('**/thanks');
  const [conversion] = await world.arrived('conversion');
  assert.match(conversion.id, UNIQUE_ID);
  assert.deepEqual(conversion, {
    id: conversion.id,
    url: world.url('/?gclid=1'),
    name: 'contact',
    payload: {
      email: 'ann@example.com', phone: '+49 1512 3456789', message: 'Call me', size: 'M', topic: 'shoes, boots', when: 'pm',
    },
    raId: (await world.arrived('visit'))[0].raId,
    cookie: '12.34',
    title: 'Contact',
  });
  assert.equal((await world.all(page)).length, 2);
});

test('what must never be read is not', async t => {
  const world = await World.open(t);
  const fields = [
    '<input type="password" name="word">', '<input type="hidden" name="state">', '<input type="file" name="cv">',
    '<input type="search" name="q">', '<input name="login_passcode">', '<input name="pwd2">', '<input name="cardNumber">',
    '<input name="a1" id="cvc">', '<input name="CVV2">', '<input name="iban">', '<input name="customer[ssn]">',
    '<input name="secret_answer">', '<input name="authenticity_token">', '<input name="csrfmiddleware">', '<input name="_wpnonce">', '<input name="cc-exp">',
    '<input name="securityCode">', '<input name="verification_value">', '<input name="cvn">',
    '<input name="sort-code">', '<input name="account_number">',
    '<input name="b1" autocomplete="cc-number">', '<input name="b2" autocomplete="billing cc-csc">',
    '<input name="b3" autocomplete="one-time-code">', '<input name="b4" autocomplete="current-password">', '<input name="b5" autocomplete="new-password">',
    '<input name="c1" data-touchline-ignore>', '<div data-touchline-ignore><p><input name="c2"></p></div>',
  ].map(field => field.replace('<input', '<input value="never"'));
  const cards = ['4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005', 'please use 4111111111111111, thanks']
    .map((card, index) => `<input name="d${index}" value="${card}">`);
  const fine = '<input name="order" value="4111111111111112"><input name="other" value="00491512345678">';
  const body = `<form action="/">${fields.join('')}${cards.join('')}${fine}<button></form>`;
  world.page('/', {tag: 'data-forms="on"', body});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await page.evaluate(() => document.querySelector('form').addEventListener('submit', event => event.preventDefault()));
  await page.setInputFiles('[name=cv]', {name: 'cv.txt', mimeType: 'text/plain', buffer: Buffer.from('never')});
  await page.click('button');
  const [conversion] = await world.arrived('conversion');
  assert.deepEqual(conversion.payload, {order: '4111111111111112', other: '00491512345678'});
});

test('forms are read only if the site asks for it', async t => {
  const world = await World.open(t);
  const body = `<form id="plain"><input name="a" value="1"></form>
    <form id="asked" data-touchline-form="Quote"><input name="b" value="2"></form>`;
  world.page('/', {body});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  const submit = id => page.evaluate(id => {
    const form = document.getElementById(id);
    form.addEventListener('submit', event => event.preventDefault(), {once: true});
    form.requestSubmit();
  }, id);
  await submit('plain');
  assert.deepEqual(await world.all(page, 'conversion'), []);
  await submit('asked');
  const [conversion] = await world.arrived('conversion');
  assert.deepEqual([conversion.name, conversion.payload], ['Quote', {b: '2'}]);
});

test('no conversion: searches, ignored forms, forms with nothing to read, the same form clicked twice', async t => {
  const world = await World.open(t);
  world.page('/', {tag: 'data-forms="on"', body: `
    <form role="search"><input name="q" value="boots"></form>
    <form data-touchline-ignore><input name="a" value="1"></form>
    <form><input type="hidden" name="logout" value="1"></form>
    <form name="real"><input name="name" value="Ann"><input name="id" value="7"></form>`});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await page.evaluate(() => {
    for (const form of [...document.forms, document.forms[3]]) {
      form.addEventListener('submit', event => event.preventDefault());
      form.requestSubmit();
    }
  });
  const conversions = await world.all(page, 'conversion');
  assert.deepEqual(conversions.map(({name, payload}) => [name, payload]), [['real', {name: 'Ann', id: '7'}]]);
  await page.evaluate(() => {
    document.forms[3].elements[0].value = 'Bea';
    document.forms[3].requestSubmit();
  });
  assert.equal((await world.arrived('conversion', 2))[1].payload.name, 'Bea', 'corrected and sent again');
});

test('the page tells of a conversion itself', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await page.evaluate(() => {
    const text = 'x'.repeat(600);
    touchline.conversion({email: 'ann@example.com', seats: 3, trial: false, nothing: null, deep: {a: 1}, text}, 'Sign-up');
    touchline.conversion();
    touchline.conversion(Object.fromEntries(Array.from({length: 60}, (_, index) => ['key' + index, index])));
  });
  const [first, second, third] = await world.arrived('conversion', 3);
  assert.deepEqual(first.payload, {email: 'ann@example.com', seats: '3', trial: 'false', text: 'x'.repeat(512)});
  assert.equal(first.name, 'Sign-up');
  assert.deepEqual([second.payload, second.name], [{}, undefined]);
  assert.equal(Object.keys(third.payload).length, 50);
  assert.equal(new Set([first.id, second.id, third.id]).size, 3);
});

test('a conversion after a pause belongs to a new visit', async t => {
  const world = await World.open(t);
  world.page('/');
  const page = await world.visitor();
  await page.clock.install();
  await page.goto(world.url('/'));
  await page.clock.fastForward('31:00');
  await page.evaluate(() => touchline.conversion({a: 1}));
  await world.arrived('conversion');
  assert.equal((await world.all(page, 'visit')).length, 2);
});

test('calls from before the tag was there are made up for, in their order', async t => {
  const world = await World.open(t);
  world.script('/early.js', `
    (window.touchline = window.touchline || []).push(['conversion', {a: 1}, 'early']);
    touchline.push(['no such call'], ['conversion', {b: 2}]);`);
  world.page('/', {before: '<script src="/early.js"></script>'});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  await page.evaluate(() => touchline.push(['conversion', {c: 3}]));
  const conversions = await world.arrived('conversion', 3);
  assert.deepEqual(conversions.map(({payload}) => payload), [{a: '1'}, {b: '2'}, {c: '3'}]);
  assert.equal((await world.all(page, 'visit')).length, 1);
});

test('the visitor id is put into fields that wait for it', async t => {
  const world = await World.open(t);
  world.page('/', {body: '<form action="/crm"><input type="hidden" name="lead" data-touchline="id"><button></form>'});
  world.page('/crm', {tag: null});
  const page = await world.visitor();
  await page.goto(world.url('/'));
  const [{raId}] = await world.arrived('visit');
  assert.equal(await page.inputValue('[name=lead]'), raId);
  // A form that came later gets it when it is sent.
  await page.evaluate(() => { document.querySelector('[name=lead]').value = ''; });
  await page.click('button');
  await page.waitForURL(`**/crm?lead=${raId}`);
});
