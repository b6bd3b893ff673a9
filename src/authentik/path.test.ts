import fc from 'fast-check';
import { pathTemplate, queryString, segment } from './path.ts';

describe('segment', () => {
  it('always makes exactly one segment, which reads back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        fc.pre(value !== '.' && value !== '..' && value.isWellFormed());
        const { pathname } = new URL(`http://host/a/${segment(value)}/b/`);
        const parts = pathname.split('/');
        expect(parts).toHaveLength(5);
        expect(decodeURIComponent(parts[2] ?? '')).toBe(value);
      }),
    );
  });

  it.each(['', '.', '..'])('refuses "%s", which no URL can hold as a segment', (value) => {
    expect(() => segment(value)).toThrow(expect.objectContaining({ reason: 'InvalidSpec' }) as Error);
  });
});

describe('queryString', () => {
  it('repeats the keys of lists, and is empty for nothing', () => {
    expect(queryString({ name: 'a b', page: 2, flag: true, actions: ['x', 'y'] })).toBe('?name=a+b&page=2&flag=true&actions=x&actions=y');
    expect(queryString({})).toBe('');
  });
});

describe('pathTemplate', () => {
  it.each([
    ['/flows/instances/', '/flows/instances/'],
    ['/flows/instances/my-flow/', '/flows/instances/{slug}/'],
    ['/flows/instances/my-flow/used_by/', '/flows/instances/{slug}/used_by/'],
    ['/flows/instances/cache_clear/', '/flows/instances/cache_clear/'],
    ['/stages/email/0f0e0d0c-0b0a-4908-8706-050403020100/', '/stages/email/{uuid}/'],
    ['/core/users/10/', '/core/users/{id}/'],
    ['/events/events/?ordering=-created', '/events/events/'],
  ])('%s is counted as %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template);
  });
});
