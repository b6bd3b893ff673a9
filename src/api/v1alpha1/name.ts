import { z } from 'zod';
import type { CelRule } from './common.ts';

/** The natural key of everything but flows. */
export const nameField = (noun: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .min(1)
    .max(256)
    .describe(`The name of the ${noun} in Authentik, unique there. Can't be changed. Left out: the name of this object.`)
    .optional();

/** Renaming would leave the old object behind, or take over another one. */
export const nameRule: CelRule = {
  rule: 'has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)',
  message: "name can't be changed: create another object with the new name, then delete this one",
};

export const typeRule: CelRule = {
  rule: 'self.type == oldSelf.type',
  message: "type can't be changed: create another object of the new type, then delete this one",
};
