/** One product: what the catalogue says of it, and products like it. */
import { useEffect, useState } from 'preact/hooks';
import type { Recommendation, StoredProduct } from '../api.ts';
import { Picture } from '../parts/picture.tsx';
import { ProductCard } from '../parts/product-card.tsx';
import type { Desk, View, ViewProps } from '../view.ts';

interface OneProduct {
  readonly product?: StoredProduct;
  readonly similar?: Recommendation;
}

function ProductPage({ data, desk }: ViewProps<OneProduct>) {
  const { words } = desk;
  const { product } = data;
  const similar = useSimilar(data, desk);
  if (!product)
    return (
      <section>
        <h1>{words.catalogue}</h1>
        <p>{words.none}</p>
        <a href="/catalogue">{words.product.back}</a>
      </section>
    );
  const { title, images, description, brand, categories, attributes, variants } = product;
  return (
    <article class="product">
      <Picture image={images[0]} title={title} size={320} />
      <div>
        <h1>{title}</h1>
        {description !== undefined && <p class="description">{description}</p>}
        <dl>
          {brand !== undefined && <Fact name={words.product.brand}>{brand}</Fact>}
          <Fact name={words.product.category}>{categories.map((path) => path.join(' › ')).join(' · ')}</Fact>
          {Object.keys(attributes).length > 0 && (
            <Fact name={words.product.attributes}>
              {Object.entries(attributes)
                .map(([name, value]) => `${name}: ${value}`)
                .join(' · ')}
            </Fact>
          )}
          <Fact name={words.product.variants}>
            {variants.map(({ variantId, options }) => [variantId, ...Object.values(options)].join(' ')).join(' · ')}
          </Fact>
        </dl>
        <p>
          <a href="/catalogue">{words.product.back}</a>
        </p>
      </div>
      {similar && similar.items.length === 0 && <p class="quiet whole">{words.product.unread}</p>}
      {similar && similar.items.length > 0 && (
        <section class="whole" aria-labelledby="similar">
          <h2 id="similar">{words.shopper.similar}</h2>
          <ol class="cards">
            {similar.items.map((item, place) => (
              <ProductCard key={item.productId} {...{ item, place, desk, isNew: false, explains: false }} />
            ))}
          </ol>
        </section>
      )}
    </article>
  );
}

/** A product that has just come has nothing like it until its texts are read: it is asked again, for a few seconds. */
function useSimilar({ product, similar }: OneProduct, { api }: Desk): Recommendation | undefined {
  const [found, setFound] = useState(similar);
  const [asked, setAsked] = useState(0);
  // Until then others fill the list.
  const isFilled = found?.fellBack.some(({ code }) => code === 'little_evidence') ?? false;
  const waits = isFilled && asked < mostAsked;
  useEffect(() => {
    if (!product || !waits) return;
    const timer = setTimeout(() => {
      setAsked(asked + 1);
      void api.similar(product.productId).then(setFound, () => {});
    }, askAgainMs);
    return () => clearTimeout(timer);
  }, [product, waits, asked, api]);
  return found && waits ? { ...found, items: [] } : found;
}

const askAgainMs = 500;
const mostAsked = 20;

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export const productView: View<OneProduct> = {
  section: 'catalogue',
  path: '/catalogue/:productId',
  async load(api, { productId = '' }) {
    const product = await api.product(productId);
    return product ? { product, similar: await api.similar(productId) } : {};
  },
  Page: ProductPage,
};
