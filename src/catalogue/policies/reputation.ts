import type { TypeRow } from '../type-row.ts';

export const reputation = {
  path: '/policies/reputation/',
  model: 'authentik_policies_reputation.reputationpolicy',
  description: 'Passes when the reputation of the visitor is at or below a threshold: for locking out whoever failed too often.',
  rules: [
    {
      rule: '!(has(self.checkIp) && !self.checkIp && has(self.checkUsername) && !self.checkUsername)',
      message: 'checkIp and checkUsername are both false, so there is nothing to look at: set at least one to true',
    },
  ],
  fields: [
    {
      api: 'check_ip',
      default: true,
      initial: true,
      resend: true,
      type: 'boolean',
      description: "Looks at the reputation of the visitor's address.",
    },
    {
      api: 'check_username',
      default: true,
      initial: true,
      resend: true,
      type: 'boolean',
      description: 'Looks at the reputation of the username.',
    },
    {
      api: 'threshold',
      default: -5,
      type: 'integer',
      minimum: -2147483648,
      maximum: 2147483647,
      description: 'The policy passes at this reputation and below. Each failed login takes one away.',
    },
  ],
} as const satisfies TypeRow;
