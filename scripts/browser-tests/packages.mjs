// The packages of package.json live in the folder that git ignores, where Node would not look for them.
import {createRequire} from 'node:module';

const installed = createRequire(new URL('../../.test/browser-tests/', import.meta.url));

export const {chromium} = installed('playwright-core');
export const {minify} = installed('terser');
export const axe = installed('axe-core');
