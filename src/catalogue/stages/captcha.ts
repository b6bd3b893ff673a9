import type { TypeRow } from '../type-row.ts';

export const captcha = {
  path: '/stages/captcha/',
  model: 'authentik_stages_captcha.captchastage',
  description: 'Asks the visitor to prove that they are human.',
  rules: [
    {
      rule: '!has(self.scoreMinThreshold) || !has(self.scoreMaxThreshold) || self.scoreMinThreshold <= self.scoreMaxThreshold',
      message: 'scoreMinThreshold is above scoreMaxThreshold, so nobody would pass: swap them',
    },
  ],
  fields: [
    {
      api: 'public_key',
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      required: true,
      description: 'The site key that the captcha service gave you.',
    },
    { api: 'private_key', type: 'secret', required: true, description: 'The secret key that the captcha service gave you.' },
    {
      api: 'js_url',
      default: 'https://www.recaptcha.net/recaptcha/api.js',
      type: 'string',
      minLength: 1,
      maxLength: 2048,
      description: 'The script of the service, such as `https://challenges.cloudflare.com/turnstile/v0/api.js`.',
    },
    {
      api: 'api_url',
      default: 'https://www.recaptcha.net/recaptcha/api/siteverify',
      type: 'string',
      minLength: 1,
      maxLength: 2048,
      description: 'Where Authentik has the answer checked.',
    },
    { api: 'interactive', default: false, type: 'boolean', description: 'The visitor has to do something, so the captcha is shown.' },
    {
      api: 'score_min_threshold',
      default: 0.5,
      type: 'number',
      minimum: -1,
      maximum: 1,
      description: 'Scores below this are refused. Negative for services without scores.',
    },
    {
      api: 'score_max_threshold',
      default: 1,
      type: 'number',
      minimum: -1,
      maximum: 1,
      description: 'Scores above this are refused. Negative for services without scores.',
    },
    {
      api: 'error_on_invalid_score',
      default: true,
      type: 'boolean',
      description: 'A bad score ends in an error; otherwise the flow goes on, and policies can look at the score.',
    },
    {
      api: 'request_content_type',
      type: 'enum',
      values: ['application/x-www-form-urlencoded', 'application/json'],
      since: '2026.8',
      description: 'How the answer is sent to `apiUrl`.',
    },
  ],
} as const satisfies TypeRow;
