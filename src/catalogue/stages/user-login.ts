import type { TypeRow } from '../type-row.ts';

export const userLogin = {
  path: '/stages/user_login/',
  model: 'authentik_stages_user_login.userloginstage',
  description: 'Logs the person in.',
  fields: [
    {
      api: 'session_duration',
      default: 'seconds=0',
      type: 'duration',
      description: 'How long the session lasts; `seconds=0` until the browser closes.',
    },
    { api: 'terminate_other_sessions', default: false, type: 'boolean', description: 'Ends all other sessions of the person.' },
    {
      api: 'remember_me_offset',
      default: 'seconds=0',
      type: 'duration',
      description: 'How much longer the session lasts when the person asks to stay signed in; `seconds=0` hides the question.',
    },
    {
      api: 'network_binding',
      default: 'no_binding',
      type: 'enum',
      values: ['no_binding', 'bind_asn', 'bind_asn_network', 'bind_asn_network_ip'],
      description: 'Ends the session when the network changes.',
    },
    {
      api: 'geoip_binding',
      default: 'no_binding',
      type: 'enum',
      values: ['no_binding', 'bind_continent', 'bind_continent_country', 'bind_continent_country_city'],
      description: 'Ends the session when the place changes.',
    },
    { api: 'remember_device', default: 'days=30', type: 'duration', description: 'How long a device is known.' },
  ],
} as const satisfies TypeRow;
