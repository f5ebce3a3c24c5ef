import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimsOf, filled, wrongIn } from './claims.ts';
import { type ReasonLanguage, reasonKinds } from './reason.ts';
import { sentenceOf } from './sentences.ts';

/** What the engine says of each kind, in its own words. */
function own(language: ReasonLanguage, title = 'Tea pot, 2 cups'): { text: string; name?: string }[] {
  const facts = { timesTheMean: 5.24, recentLift: 2, times: 3, stepsAgo: 1, stars: 4.53, reviews: 12 };
  return reasonKinds.map((kind) => {
    const items = kind === 'history' ? [{ item: 0, position: 3, value: 2 }] : [];
    const reason = { kind, source: kind, value: 1, share: 0.5, items, facts };
    const text = sentenceOf(reason, { language, titleOf: () => title, did: 'bought' });
    return kind === 'history' ? { text, name: title } : { text };
  });
}
const joined = (texts: readonly string[], language: ReasonLanguage): string =>
  language === 'en'
    ? `${texts.map((text) => text.replace(/\.$/u, '')).join(', and ')}.`
    : `${texts.map((text) => text.replace(/。$/u, '')).join('，并且')}。`;
const languages = fc.constantFrom<ReasonLanguage>('en', 'zh');

describe('claims', () => {
  test('hold slots in place of names and numbers, and come back with them', () => {
    const { texts, fills } = claimsOf([
      { text: 'Because you bought “Pan 20 cm”.', name: 'Pan 20 cm' },
      { text: 'Rated 4.5 of 5 in 12 reviews.' },
    ]);
    expect(texts).toEqual(['Because you bought {1}.', 'Rated {2} of {3} in {4} reviews.']);
    expect(filled('Rated {2} of {3} in {4} reviews, because you bought {1}.', fills)).toBe(
      'Rated 4.5 of 5 in 12 reviews, because you bought “Pan 20 cm”.',
    );
  });

  test('a name with any marks in it is one slot, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), languages, (title, language) => {
        const { texts, fills } = claimsOf(own(language, title).slice(0, 1));
        expect(texts[0]).toBe(language === 'en' ? 'Because you bought {1}.' : '因为您买过{1}。');
        expect(filled(texts[0]!, fills)).toBe(own(language, title)[0]!.text);
      }),
    );
  });
});

describe('a sentence of claims', () => {
  test('holds where it joins what the engine says, of whatever kinds', () => {
    fc.assert(
      fc.property(
        languages,
        fc.shuffledSubarray([...reasonKinds.keys()], { minLength: 1, maxLength: 3 }),
        (language, of) => {
          const { texts } = claimsOf(of.map((n) => own(language)[n]!));
          expect(wrongIn(joined(texts, language), texts, language)).toBeUndefined();
        },
      ),
    );
  });

  test('may use words that mean the same, and words that state nothing', () => {
    const en = claimsOf([own('en')[0]!, own('en')[2]!]).texts;
    expect(
      wrongIn('You purchased {1}, and this item is picked {2} times as frequently as a typical product.', en, 'en'),
    ).toBeUndefined();
    const zh = claimsOf([own('zh')[0]!, own('zh')[reasonKinds.indexOf('price')]!]).texts;
    expect(wrongIn('由于您购买过{1}，为您推荐这款，价格也接近您平时的选择。', zh, 'zh')).toBeUndefined();
  });

  test.each([
    ['en', 'You did not buy {1}.'],
    ['en', 'Because you looked at {1}.'],
    ['en', 'Because you bought {2}.'],
    ['en', 'Because you bought {1}, chosen {2} times.'],
    ['en', 'Because you bought {1}, chosen 9 times as often as the average product.'],
    ['en', 'Because you bought {1} {2} times as often as the average product.'],
    ['en', 'Because you bought {1}, our best offer.'],
    ['en', 'Because you bought {1}, with free shipping today.'],
    ['en', 'Because you bought {1}, you bought {1}.'],
    ['en', 'Because you bought “{1}”!'],
    ['en', 'Because you bought {1}. See www.example.com.'],
    ['en', 'Chosen {2} times as often as the average product.'],
    ['en', ''],
    ['en', '.'],
    ['zh', '因为您没买过{1}。'],
    ['zh', '因为您看过{1}。'],
    ['zh', '因为您买过{1}，质量最好。'],
    ['zh', '因为您买过{1}，受欢迎程度是一般商品的 9 倍。'],
    ['zh', '受欢迎程度是一般商品的 {2} 倍。'],
  ] as const)('is refused in %s where it says something else: %s', (language, text) => {
    const { texts } = claimsOf([own(language)[0]!, own(language)[2]!]);
    expect(wrongIn(text, texts, language)).toEqual(expect.any(String));
  });

  test('is refused with any word in it that no reason has', () => {
    const strangers = {
      en: ['not', 'never', 'best', 'free', 'only', 'cheap', 'half'],
      zh: ['没', '不', '最好', '免费', '唯一'],
    };
    fc.assert(
      fc.property(languages, fc.nat(), fc.nat(), (language, which, where) => {
        const { texts } = claimsOf(own(language).slice(0, 3));
        const says = joined(texts, language);
        const stranger = strangers[language][which % strangers[language].length]!;
        const gaps = [...says.matchAll(language === 'en' ? / /gu : /(?<=\p{Script=Han})(?=\p{Script=Han})/gu)];
        const { index } = gaps[where % gaps.length]!;
        const changed = `${says.slice(0, index)} ${stranger}${language === 'en' ? '' : ' '}${says.slice(index)}`;
        expect(wrongIn(changed, texts, language)).toEqual(expect.any(String));
      }),
    );
  });
});
