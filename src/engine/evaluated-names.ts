/** The names an evaluation may use: registered models and the composites it was given. */
import { ShelfwiseError } from '../core/errors.ts';
import type { ModelDefinition } from '../models/model.ts';
import { modelDefinitions, modelSettings } from '../models/registry.ts';
import type { EvaluationOptions } from './evaluation-report.ts';

export function definitionOf(name: string): ModelDefinition {
  return modelDefinitions.find((definition) => definition.name === name) ?? unknownModel(name, []);
}

/**
 * Every name and setting must be known before anything is read.
 *
 * @throws ShelfwiseError `SW_MODEL_UNKNOWN`, `SW_SETTING`, `SW_USAGE`
 */
export function checkNames({
  model,
  against,
  settings = {},
  composites = {},
}: Pick<EvaluationOptions, 'model' | 'against' | 'settings' | 'composites'>): void {
  const names = new Set([...modelDefinitions.map((definition) => definition.name), ...Object.keys(composites)]);
  for (const name of [model, against, ...Object.keys(settings)]) {
    if (name !== undefined && !names.has(name)) unknownModel(name, Object.keys(composites));
  }
  for (const definition of modelDefinitions) modelSettings(definition, settings[definition.name]);
  const made = [model, against].some((name) => name !== undefined && Object.hasOwn(composites, name));
  const idle = Object.keys(settings).find((name) => name !== model && name !== against && !made);
  if (idle === undefined) return;
  const message = `\`settings\`: expected settings of ${[model, against].filter(Boolean).join(' or ')}, got some of ${idle}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Leave them out or name the model.');
}

function unknownModel(name: string, composites: readonly string[]): never {
  const names = [...modelDefinitions.map((definition) => definition.name), ...composites].join(', ');
  const message = `\`model\`: expected one of ${names}; got "${name}".`;
  throw new ShelfwiseError('SW_MODEL_UNKNOWN', message, 'Choose one of them.');
}
