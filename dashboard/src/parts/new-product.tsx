/** A product that nobody has met, put into the catalogue: its page then shows what it is like, by its texts. */
import { useState } from 'preact/hooks';
import type { Desk } from '../view.ts';

/** Units of a product that is put in to look at. */
const unitsOnHand = 10;

export function NewProduct({ desk }: { desk: Desk }) {
  const { words, api, go } = desk;
  const [failed, setFailed] = useState('');
  async function put(form: HTMLFormElement): Promise<void> {
    const said = new FormData(form);
    const of = (name: string): string => String(said.get(name) ?? '').trim();
    const productId = of('productId');
    const category = of('category')
      .split(/[>›]/u)
      .map((part) => part.trim())
      .filter(Boolean);
    try {
      await api.addProduct({
        ...{
          productId,
          title: of('title'),
          attributes: {},
          images: [],
          variants: [{ variantId: productId, options: {} }],
        },
        categories: category.length > 0 ? [category] : [],
        ...(of('description') !== '' && { description: of('description') }),
      });
      await api.addFact({ fact: 'stock', variantId: productId, place: '', from: 0, unitsOnHand });
      go(`/catalogue/${encodeURIComponent(productId)}`);
    } catch (error) {
      setFailed((error as Error).message);
    }
  }
  return (
    <details class="new-product">
      <summary>{words.newProduct.heading}</summary>
      <p class="quiet">{words.newProduct.note}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void put(event.currentTarget);
        }}
      >
        <Field name="productId" label={words.newProduct.id} />
        <Field name="title" label={words.newProduct.title} />
        <Field name="category" label={words.product.category} isOptional />
        <Field name="description" label={words.product.description} isOptional />
        <button type="submit">{words.newProduct.put}</button>
      </form>
      <p role="status" class="note" hidden={failed === ''}>
        {failed}
      </p>
    </details>
  );
}

function Field({ name, label, isOptional = false }: { name: string; label: string; isOptional?: boolean }) {
  return (
    <p>
      <label for={`new-${name}`}>{label}</label>{' '}
      <input id={`new-${name}`} name={name} required={!isOptional} autocomplete="off" maxLength={512} />
    </p>
  );
}
