import { displayable } from './displayable.ts';

describe('displayable', () => {
  it.each([
    { reason: 'plain text, in any language', text: 'Völlig „normal“: 注册', shown: 'Völlig „normal“: 注册' },
    { reason: 'colours and cursor movements', text: 'a\u001b[31mred\u001b[0m\u001b[2Jb', shown: 'aredb' },
    { reason: 'a link or title of a terminal', text: 'a\u001b]0;title\u0007b', shown: 'ab' },
    { reason: 'the 8-bit form of an escape', text: 'a\u009b31mb', shown: 'ab' },
    { reason: 'a carriage return that would overwrite the line', text: 'Ready\rgone', shown: 'Ready gone' },
    { reason: 'lines', text: 'one\r\ntwo\u2028three', shown: 'one two three' },
    { reason: 'text turned around', text: 'stage\u202egnp.exe\u2066x\u2069', shown: 'stage gnp.exe x ' },
    { reason: 'characters without width', text: 'ad\u200bmin\ufeff', shown: 'ad min ' },
  ])('shows $reason', ({ text, shown }) => {
    expect(displayable(text)).toBe(shown);
  });
});
