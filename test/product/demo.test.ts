import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('the demo', () => {
  it('shows the guide from the first command to the last, with the role and rights that are documented', async () => {
    // It fails by itself when a step does, and says which.
    const { stdout } = await promisify(execFile)(process.execPath, ['demo/main.ts'], {
      cwd: ROOT,
      env: { ...process.env, KEEP: '0', NO_COLOR: '1' },
    });
    expect(stdout).toContain('Authentik is as it was: no object more or less, no field changed');
    expect(stdout).toMatch(/^Done after \d+ s\.$/m);
  });
});
