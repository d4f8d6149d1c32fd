// Makes the tag that is served from its source. What is made is committed, so that building Touchline needs no Node.
import {readFile, writeFile} from 'node:fs/promises';
import {minify} from './packages.mjs';

const folder = new URL('../../crates/server/src/http/tag/', import.meta.url);
export const servedTag = new URL('tag.js', folder);

export async function made() {
  const {code} = await minify(await readFile(new URL('tag.src.js', folder), 'utf8'), {
    ecma: 2017, // what the oldest browsers that are served understand
    compress: {ecma: 2017, passes: 3, unsafe_arrows: true},
    format: {preamble: '/* Touchline; readable in tag.src.js */'},
  });
  return code + '\n';
}

if (import.meta.filename === process.argv[1]) await writeFile(servedTag, await made());
