import type { TypeRow } from '../type-row.ts';

export const geoip = {
  path: '/policies/geoip/',
  model: 'authentik_policies_geoip.geoippolicy',
  description: 'Decides by where the visitor is, as far as the address tells.',
  fields: [
    {
      api: 'countries',
      type: 'codeSet',
      pattern: '^[A-Z]{2}$',
      maxItems: 249,
      required: true,
      description: 'The countries that pass, by ISO 3166 codes such as `DE`. `[]` for none in particular.',
    },
    {
      api: 'asns',
      default: [],
      type: 'integerSet',
      minimum: 0,
      maximum: 4294967295,
      description: 'The networks that pass, by their AS numbers.',
    },
    { api: 'check_history_distance', default: false, type: 'boolean', description: 'Refuses logins far from the last ones.' },
    {
      api: 'history_max_distance_km',
      default: 100,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'How far is too far, in kilometres.',
    },
    {
      api: 'distance_tolerance_km',
      default: 50,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'How wrong the place of an address may be, in kilometres.',
    },
    {
      api: 'history_login_count',
      default: 5,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'How many logins are looked back at.',
    },
    {
      api: 'check_impossible_travel',
      default: false,
      type: 'boolean',
      description: 'Refuses logins from where nobody could have travelled to since the last one.',
    },
    {
      api: 'impossible_tolerance_km',
      default: 100,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'How much further is still taken for possible, in kilometres.',
    },
  ],
} as const satisfies TypeRow;
