import { appendFile, open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { eventually } from '../../bed/eventually.ts';
import type { ReceivedMail } from './mail-target.ts';

const Line = z.looseObject({
  to: z.union([z.string(), z.array(z.string())]).transform((to) => [to].flat()),
  text: z.string(),
  from: z.string().optional(),
  subject: z.string().optional(),
});

/** The mails that a server appends to a file, from when it was opened. Other people's mails in it don't matter. */
export class MailDropFile {
  readonly #file: string;
  #offset: number;
  #unread: readonly z.infer<typeof Line>[] = [];

  private constructor(file: string, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /** Makes the file if no mail has come yet. @throws when that fails, as where its folder is missing. */
  static async open(file: string): Promise<MailDropFile> {
    await appendFile(file, '');
    return new MailDropFile(file, (await stat(file)).size);
  }

  async waitForMail(to: string, timeoutMs: number): Promise<ReceivedMail> {
    return eventually(async () => this.#take(to), { timeout: timeoutMs, interval: 200, message: `a mail to ${to} in ${this.#file}` });
  }

  async #take(to: string): Promise<ReceivedMail> {
    this.#unread = [...this.#unread, ...(await this.#readOn())];
    const mail = this.#unread.find((candidate) => candidate.to.includes(to));
    if (mail === undefined) throw new Error('there is none');
    this.#unread = this.#unread.filter((candidate) => candidate !== mail);
    return { ...mail, to };
  }

  /** Complete lines only: the server may be in the middle of one. */
  async #readOn(): Promise<z.infer<typeof Line>[]> {
    const handle = await open(this.#file);
    try {
      const { size } = await handle.stat();
      if (size < this.#offset) this.#offset = 0; // Emptied meanwhile.
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - this.#offset), 0, size - this.#offset, this.#offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
      this.#offset += end;
      const lines = buffer.toString('utf8', 0, end).split('\n');
      return lines.filter((line) => line !== '').map((line) => Line.parse(JSON.parse(line)));
    } finally {
      await handle.close();
    }
  }
}
