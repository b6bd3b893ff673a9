import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MailDropFile } from '../e2e/environment/mail-drop-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mails-'));
  file = path.join(folder, 'mails.jsonl');
});
afterEach(async () => rm(folder, { recursive: true }));

const line = (to: string | string[], text: string): string => `${JSON.stringify({ to, text })}\n`;

describe('the file that a mail server appends to', () => {
  it('is made when no mail has come yet', async () => {
    const drop = await MailDropFile.open(file);
    await appendFile(file, line(['ada@example.com'], 'hello'));
    await expect(drop.waitForMail('ada@example.com', 5_000)).resolves.toMatchObject({ to: 'ada@example.com', text: 'hello' });
  });

  it('is read from where it ended when it was opened', async () => {
    await appendFile(file, line('ada@example.com', 'of another run'));
    const drop = await MailDropFile.open(file);
    await appendFile(file, line('grace@example.com', 'for somebody else') + line('ada@example.com', 'ours'));
    await expect(drop.waitForMail('ada@example.com', 5_000)).resolves.toMatchObject({ text: 'ours' });
  });

  it('needs its folder', async () => {
    await expect(MailDropFile.open(path.join(folder, 'missing', 'mails.jsonl'))).rejects.toThrow(/ENOENT/);
  });
});
