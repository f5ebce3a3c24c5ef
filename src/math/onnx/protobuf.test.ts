import { expect, test } from 'vitest';
import { Message } from './protobuf.ts';

const bytes = (message: Message): number[] => [...message.bytes()];

test('integers are base-128 varints, negative ones in ten bytes', () => {
  expect(bytes(new Message().int(1, 150))).toEqual([0x08, 0x96, 0x01]);
  expect(bytes(new Message().int(1, -1))).toEqual([0x08, ...Array<number>(9).fill(0xff), 0x01]);
});

test('texts, floats and messages carry their wire types and lengths', () => {
  expect(bytes(new Message().text(2, 'testing'))).toEqual([0x12, 7, ...Buffer.from('testing')]);
  expect(bytes(new Message().float(2, 1))).toEqual([0x15, 0, 0, 0x80, 0x3f]);
  expect(bytes(new Message().message(3, new Message().int(1, 150)))).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
});
