import type { TypeRow } from '../type-row.ts';
import { SET_UP_FIELDS } from './set-up-fields.ts';

export const authenticatorWebauthn = {
  path: '/stages/authenticator/webauthn/',
  model: 'authentik_stages_authenticator_webauthn.authenticatorwebauthnstage',
  description: 'Lets people set up a passkey or security key (WebAuthn).',
  fields: [
    ...SET_UP_FIELDS,
    {
      api: 'user_verification',
      default: 'preferred',
      type: 'enum',
      values: ['required', 'preferred', 'discouraged'],
      description: 'Whether the authenticator must check the person, by PIN or fingerprint.',
    },
    {
      api: 'authenticator_attachment',
      default: null,
      type: 'enum',
      nullable: true,
      values: ['platform', 'cross-platform'],
      description: 'Only authenticators built into the device, or only others. `""` for any.',
    },
    {
      api: 'resident_key_requirement',
      default: 'preferred',
      type: 'enum',
      values: ['discouraged', 'preferred', 'required'],
      description: 'Whether the key is kept on the authenticator, which logging in without a username needs.',
    },
    {
      api: 'device_type_restrictions',
      default: [],
      type: 'referenceSet',
      to: 'webauthnDeviceType',
      description: 'Only these makes of authenticators. `[]` for any.',
    },
    {
      api: 'max_attempts',
      default: 0,
      type: 'integer',
      minimum: 0,
      maximum: 2147483647,
      description: 'After so many failures the flow ends. 0 for no limit.',
    },
    {
      api: 'hints',
      default: [],
      type: 'enumArray',
      values: ['security-key', 'client-device', 'hybrid'],
      since: '2026.5',
      description: 'Which authenticators the browser should offer first.',
    },
    {
      api: 'prevent_duplicate_devices',
      default: true,
      type: 'boolean',
      since: '2026.5',
      goneSince: '2026.8',
      description: 'Refuses an authenticator that the person has set up already.',
    },
  ],
} as const satisfies TypeRow;
