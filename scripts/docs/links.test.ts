import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { anchor } from './markdown.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Every page that people read, by its path in the project. */
const PAGES = ['', 'docs', 'helm', 'deploy'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: folder !== '', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name)),
);

function read(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

/** Relative links of a page, without what stands in code. */
function links(page: string): readonly string[] {
  const text = read(page).replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => (code.startsWith('```') ? '' : 'code'));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

/** Whether a link leads to a file or folder, and to a heading in it. */
function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return heading === undefined || headings(target).includes(heading);
}

function headings(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchor(text ?? ''));
}

describe('links in the documentation', () => {
  it.each(PAGES.filter((page) => links(page).length > 0))('%s: every link leads somewhere', (page) => {
    expect(links(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });
});
