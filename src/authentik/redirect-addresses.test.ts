import { allows } from './redirect-addresses.ts';

const strict = (url: string) => ({ matching_mode: 'strict', url });
const regex = (url: string) => ({ matching_mode: 'regex', url });
const ADDRESS = 'https://market.example.com/auth/callback';

describe('allows', () => {
  it.each([
    { reason: 'the same text', allowed: [strict('https://other.example.com/'), strict(ADDRESS)], verdict: true },
    { reason: 'another text', allowed: [strict(`${ADDRESS}/`)], verdict: false },
    { reason: 'nothing', allowed: [], verdict: false },
    { reason: 'a text that would match as an expression only', allowed: [strict('https://.*')], verdict: false },
    { reason: 'an expression', allowed: [regex(String.raw`https://[a-z]+\.example\.com/auth/callback`)], verdict: true },
    { reason: 'an expression for a part of it', allowed: [regex(String.raw`https://market\.example\.com`)], verdict: false },
    { reason: 'one of two branches, of which each is for the whole', allowed: [regex('https://a|https://market')], verdict: false },
    { reason: "an expression in Python's own syntax", allowed: [regex(String.raw`\Ahttps://.*\Z`)], verdict: undefined },
    { reason: 'an expression that is none', allowed: [regex('https://(')], verdict: undefined },
    { reason: 'a mode of times to come', allowed: [{ matching_mode: 'origin', url: 'https://market.example.com' }], verdict: undefined },
    { reason: 'the same text beside what is beyond us', allowed: [regex('('), strict(ADDRESS)], verdict: true },
  ])('$reason: $verdict', ({ allowed, verdict }) => {
    expect(allows(allowed, ADDRESS)).toBe(verdict);
  });

  it('gives up on an expression that would take for ever', () => {
    expect(allows([regex('(/?[^!]+)+!')], `https://${'a'.repeat(2000)}`)).toBeUndefined();
  });
});
