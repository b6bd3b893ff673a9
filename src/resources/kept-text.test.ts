import { keptText, sameText } from './kept-text.ts';

describe('keptText', () => {
  it.each([
    { reason: 'a blank at the end', text: 'name ', kept: 'name' },
    { reason: 'the newline of a block of YAML', text: '\n# a comment\n\nreturn True\n\n', kept: '# a comment\n\nreturn True' },
    { reason: 'blanks that JavaScript would leave', text: '\x1cname\x85', kept: 'name' },
    { reason: 'no-break spaces', text: '\u00a0name\u3000', kept: 'name' },
    { reason: 'nothing but blanks', text: ' \t\n ', kept: '' },
  ])('loses $reason', ({ text, kept }) => {
    expect(keptText(text)).toBe(kept);
  });

  it.each([
    { reason: 'inside', text: 'a  b' },
    { reason: 'a byte order mark, which JavaScript would take', text: '\ufeffname' },
  ])('keeps what is $reason', ({ text }) => {
    expect(keptText(text)).toBe(text);
  });

  it('takes for the same what nobody can make different by the API', () => {
    expect(sameText('!"# ', '!"#')).toBe(true);
    expect(sameText('a b', 'ab')).toBe(false);
    expect(sameText(null, '')).toBe(false);
  });
});
