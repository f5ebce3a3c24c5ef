/** Exports of shop systems: each goes in right by one command without a flag. */
import { expect, test } from 'vitest';
import { imported } from './imported.ts';

const shopifyOrders = [
  'Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,Billing Country,Cancelled at,Vendor',
  '#7,ann@x.invalid,paid,,EUR,41,2026-03-04 10:00:00 +0100,2,Desk Lamp - Brass,12.5,DL-B,Ann A,Road 1,NL,,Lux',
  '#7,,,,,,,1,Wool Rug,16,RUG-1,,,,,Hem',
  '#6,bob@x.invalid,refunded,,EUR,16,2026-03-03 09:00:00 +0100,1,Wool Rug,16,RUG-1,Bob B,Road 2,DE,,Hem',
  '#5,cid@x.invalid,voided,,EUR,12.5,2026-03-02 09:00:00 +0100,1,Desk Lamp - Brass,12.5,DL-B,Cid C,Road 3,DE,,Lux',
  '#4,cid@x.invalid,paid,,EUR,12.5,2026-03-01 09:00:00 +0100,1,Engraving,3,,Cid C,Road 3,DE,2026-03-01 10:00:00 +0100,Lux',
  '#3,,paid,,EUR,4,2026-02-28 09:00:00 +0100,1,Gift Card,4,,,,,,',
].join('\n');

const shopifyProducts = [
  'Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Cost per item,Status',
  `desk-lamp,Desk Lamp,<p>Warm.</p>,Lux,Home > Lighting,Lamps,"desk, gift",TRUE,Metal,Brass,Shade,White,DL-B,4,12.50,15.00,'0400638,https://i.invalid/1.jpg,5.10,active`,
  'desk-lamp,,,,,,,,,Steel,,White,DL-S,0,14.00,,,,5.20,',
  'desk-lamp,,,,,,,,,,,,,,,,,https://i.invalid/2.jpg,,',
  'gift-card,Gift Card,,Lux,,Cards,,TRUE,Title,Default Title,,,,,4.00,,,,,active',
  'old-rug,Old Rug,,Hem,,Rugs,,TRUE,Title,Default Title,,,RUG-0,2,9.00,,,,,archived',
  'new-rug,New Rug,,Hem,,Rugs,,FALSE,Title,Default Title,,,RUG-9,2,9.00,,,,,active',
].join('\n');

test('Shopify: lines of one order share its cells, lines without a code go by their name, voided is not bought', async () => {
  const { events, products, aside, unused } = await imported({ 'orders_export.csv': shopifyOrders });
  expect(events).toEqual([
    'purchase ann@x.invalid #7 DL-B 2 x 1250 EUR 2026-03-04T09:00:00',
    'purchase ann@x.invalid #7 RUG-1 1 x 1600 EUR 2026-03-04T09:00:00',
    'purchase bob@x.invalid #6 RUG-1 1 x 1600 EUR 2026-03-03T08:00:00',
    'refund bob@x.invalid #6 RUG-1 1 x 1600 EUR 2026-03-03T08:00:00',
    'purchase session:#3 #3 Gift Card 1 x 400 EUR 2026-02-28T08:00:00',
  ]);
  expect(products.toSorted()).toEqual([
    'DL-B "Desk Lamp - Brass" by Lux',
    'Gift Card "Gift Card"',
    'RUG-1 "Wool Rug" by Hem',
  ]);
  expect(aside).toEqual([
    'unsold-orders: its order is "voided"',
    'unsold-orders: its order has Cancelled at 2026-03-01 10:00:00 +0100',
  ]);
  expect(unused).toEqual(expect.arrayContaining(['Billing Name', 'Billing Street', 'Total']));
});

test('Shopify: variants and images on rows of their own are one product; what is archived or unpublished is hidden', async () => {
  const { products, facts } = await imported({ 'products_export.csv': shopifyProducts });
  expect(products).toEqual([
    'desk-lamp "Desk Lamp" by Lux [Home > Lighting] {DL-B Metal=Brass Shade=White gtin=0400638, DL-S Metal=Steel Shade=White} (type=Lamps; tags=desk, gift) 2 images',
    'gift-card "Gift Card" by Lux (type=Cards)',
    'old-rug "Old Rug" by Hem {RUG-0} (type=Rugs) hidden',
    'new-rug "New Rug" by Hem {RUG-9} (type=Rugs) hidden',
  ]);
  expect(facts.toSorted()).toEqual([
    ...['DL-B 1250 XXX of 1500', 'DL-B stock 4', 'DL-S 1400 XXX', 'DL-S stock 0', 'RUG-0 900 XXX', 'RUG-0 stock 2'],
    ...['RUG-9 900 XXX', 'RUG-9 stock 2', 'gift-card 400 XXX'],
  ]);
});

test('Shopify: orders find their products by code and by title, together and one after the other', async () => {
  const files = { 'products_export.csv': shopifyProducts, 'orders_export.csv': shopifyOrders };
  const [first, second] = Object.entries(files).map(([name, content]) => ({ [name]: content }));
  for (const way of [files, [first!, second!]]) {
    const { events, products, facts } = await imported(way);
    expect(events.filter((event) => /desk-lamp|gift-card/.test(event))).toEqual([
      'purchase ann@x.invalid #7 desk-lamp/DL-B 2 x 1250 EUR 2026-03-04T09:00:00',
      'purchase session:#3 #3 gift-card 1 x 400 EUR 2026-02-28T08:00:00',
    ]);
    expect(
      products.filter((product) => /Desk|DL-B|Gift/.test(product)).map((product) => product.split(' ')[0]),
    ).toEqual(['desk-lamp', 'gift-card']);
    // The only currency that the files say is that of the catalogue too.
    if (way === files) expect(facts).toContain('DL-S 1400 EUR');
  }
});

test('Shopify: products as JSON inside an object', async () => {
  const json = JSON.stringify({
    products: [
      {
        ...{
          id: 1,
          title: 'Desk Lamp',
          handle: 'desk-lamp',
          body_html: '<p>Warm.</p>',
          vendor: 'Lux',
          product_type: 'Lamps',
        },
        tags: ['desk', 'gift'],
        variants: [
          { id: 11, title: 'Brass', sku: 'DL-B', price: '12.50', compare_at_price: '15.00', available: true },
          { id: 12, title: 'Steel', sku: null, price: '14.00', available: false },
        ],
        images: [{ id: 5, src: 'https://i.invalid/1.jpg' }],
      },
    ],
  });
  const { products, facts } = await imported({ 'products.json': json });
  expect(products).toEqual([
    'desk-lamp "Desk Lamp" by Lux [Lamps] {DL-B variant=Brass, 12 variant=Steel} (tags=desk, gift) 1 images',
  ]);
  expect(facts.toSorted()).toEqual(['12 1400 XXX', '12 stock 0', 'DL-B 1250 XXX of 1500', 'DL-B stock 1']);
});

const wooProducts = [
  'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,"Visibility in catalog",Description,"In stock?",Stock,"Sale price","Regular price",Categories,Tags,Images,Parent,"Attribute 1 name","Attribute 1 value(s)"',
  '10,variable,COAT,,Rain Coat,1,visible,Dry.,1,,,,"Clothing > Coats, Sale","rain, spring","https://i.invalid/1.jpg, https://i.invalid/2.jpg",,Size,"S, M"',
  '11,variation,COAT-S,,Rain Coat - S,1,visible,,1,7,"59,90","79,90",,,,COAT,Size,S',
  '12,variation,,,Rain Coat - M,1,visible,,0,0,,"79,90",,,,id:10,Size,M',
  '20,simple,MUG,,Tin Mug,1,visible,Tin.,1,,,9.50,Kitchen,,,,,',
  '30,simple,ROPE,,Rope,-1,hidden,,0,,,4,Garden,,,,,',
].join('\n');

test('WooCommerce: variations join their parents, by code and by number; a sale has its list price', async () => {
  const { products, facts } = await imported({ 'wc-product-export.csv': `\uFEFF${wooProducts}` });
  expect(products).toEqual([
    'COAT "Rain Coat" [Clothing > Coats | Sale] {COAT-S Size=S, 12 Size=M} (type=variable; tags=rain, spring) 2 images',
    'MUG "Tin Mug" [Kitchen] (type=simple)',
    'ROPE "Rope" [Garden] (type=simple) hidden',
  ]);
  expect(facts.toSorted()).toEqual([
    ...['12 7990 XXX', '12 stock 0', 'COAT-S 5990 XXX of 7990', 'COAT-S stock 7', 'MUG 950 XXX', 'MUG stock 1'],
    ...['ROPE 400 XXX', 'ROPE stock 0'],
  ]);
});

test('WooCommerce: totals of lines, guests, variation 0 and cancelled orders', async () => {
  const orders = [
    'order_id,order_date,status,order_currency,customer_id,customer_email,billing_country,item_id,item_product_id,item_variation_id,item_name,item_sku,item_quantity,item_total,item_refunded_qty',
    '1,2026-04-02 17:00:00,completed,EUR,26,ann@x.invalid,DE,901,10,11,Rain Coat - S,COAT-S,1,59.90,0',
    '1,2026-04-02 17:00:00,completed,EUR,26,ann@x.invalid,DE,902,20,0,Tin Mug,MUG,3,28.50,1',
    '2,2026-04-03 08:00:00,completed,EUR,0,bob@x.invalid,AT,903,20,0,Tin Mug,,1,9.50,0',
    '3,2026-04-03 09:00:00,completed,EUR,0,cid@x.invalid,AT,904,20,0,Tin Mug,,1,9.50,0',
    '4,2026-04-04 09:00:00,cancelled,EUR,26,ann@x.invalid,AT,905,20,0,Tin Mug,,1,9.50,0',
  ].join('\n');
  const { events } = await imported({ 'orders.csv': orders });
  expect(events).toEqual([
    'purchase 26 #1 10/COAT-S 1 x 5990 EUR 2026-04-02T17:00:00',
    'purchase 26 #1 20/MUG 3 x 950 EUR 2026-04-02T17:00:00',
    'refund 26 #1 20/MUG 1 x 950 EUR 2026-04-02T17:00:00',
    'purchase bob@x.invalid #2 20 1 x 950 EUR 2026-04-03T08:00:00',
    'purchase cid@x.invalid #3 20 1 x 950 EUR 2026-04-03T09:00:00',
  ]);
  const together = await imported({ 'wc-product-export.csv': wooProducts, 'orders.csv': orders });
  expect(together.events.map((event) => event.split(' ')[3])).toEqual(['COAT/COAT-S', 'MUG', 'MUG', 'MUG', 'MUG']);
  expect(together.products.map((product) => product.split(' ')[0])).toEqual(['COAT', 'MUG', 'ROPE']);
});

test('WooCommerce: orders of the REST API hold their lines', async () => {
  const order = (id: number, status: string, customer: number, email: string, lines: unknown[]) => ({
    ...{ id, status, currency: 'EUR', date_created: '2026-04-02T17:00:00', date_created_gmt: '2026-04-02T15:00:00' },
    ...{ customer_id: customer, billing: { email, country: 'DE' }, line_items: lines },
  });
  const line = (product: number, quantity: number, total: string, sku = '') => ({
    ...{ id: product * 7, name: `N${product}`, product_id: product, variation_id: 0, quantity, total, sku },
  });
  const orders = [
    order(1, 'processing', 26, 'ann@x.invalid', [line(10, 1, '59.90', 'COAT-S'), line(20, 2, '19.00')]),
    order(2, 'completed', 0, 'bob@x.invalid', [line(20, 1, '9.50')]),
    order(3, 'failed', 0, 'bob@x.invalid', [line(20, 1, '9.50')]),
    order(4, 'completed', 0, 'bob@x.invalid', []),
  ];
  const { events, aside } = await imported({ 'orders.json': JSON.stringify(orders, null, 1) });
  expect(events).toEqual([
    'purchase 26 #1 10/COAT-S 1 x 5990 EUR 2026-04-02T15:00:00',
    'purchase 26 #1 20 2 x 950 EUR 2026-04-02T15:00:00',
    'purchase bob@x.invalid #2 20 1 x 950 EUR 2026-04-02T15:00:00',
  ]);
  expect(aside).toEqual(['unsold-orders: its order is "failed"']);
});

test('Magento: a configurable product has its simple ones as variants; items join their orders', async () => {
  const products = [
    'sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,special_price,additional_attributes,base_image,qty,is_in_stock,configurable_variations',
    'TEE-S,,Top,simple,,Tee-S,,1,Not Visible Individually,22,,"color=Red,size=S",,5,1,',
    'TEE-M,,Top,simple,,Tee-M,,1,Not Visible Individually,22,18,"color=Red,size=M",,0,0,',
    'TEE,,Top,configurable,"Default/Men/Tops,Default/Sale",Red Tee,Soft.,1,"Catalog, Search",,,"material=Cotton, organic",/t.jpg,0,1,"sku=TEE-S,size=S|sku=TEE-M,size=M"',
    'CAP,,Gear,simple,Default/Men,Cap,,2,"Catalog, Search",9,,,,3,1,',
    'TEE,fr,,,,T-shirt rouge,Doux.,,,,,,,,,',
  ].join('\n');
  const orders = [
    'entity_id,increment_id,status,state,created_at,customer_id,customer_email,order_currency_code',
    '1,000001,complete,complete,2026-03-01 10:00:00,7,ann@x.invalid,EUR',
    '2,000002,canceled,canceled,2026-03-02 10:00:00,,bob@x.invalid,EUR',
    '3,000003,processing,processing,2026-03-03 10:00:00,,bob@x.invalid,EUR',
  ].join('\n');
  const items = [
    'item_id,order_id,parent_item_id,created_at,product_id,product_type,sku,name,qty_ordered,qty_refunded,price,row_total',
    '1,1,,2026-03-01 10:00:00,50,configurable,TEE-S,Red Tee,2,0,22,44',
    '2,1,1,2026-03-01 10:00:00,51,simple,TEE-S,Tee-S,2,0,0,0',
    '3,2,,2026-03-02 10:00:00,60,simple,CAP,Cap,1,0,9,9',
    '4,3,,2026-03-03 10:00:00,60,simple,CAP,Cap,1,0,9,9',
  ].join('\n');
  const found = await imported({ 'catalog_product.csv': products, 'order_items.csv': items, 'orders.csv': orders });
  expect(found.products).toEqual([
    'TEE "Red Tee" [Default > Men > Tops | Default > Sale] {TEE-S size=S, TEE-M size=M} (material=Cotton, organic; type=configurable; set=Top) 1 images',
    'CAP "Cap" [Default > Men] (type=simple; set=Gear) hidden',
  ]);
  expect(found.facts.filter((fact) => fact.startsWith('TEE-M'))).toEqual(['TEE-M 1800 EUR of 2200', 'TEE-M stock 0']);
  expect(found.events).toEqual([
    'purchase 7 #1 TEE/TEE-S 2 x 2200 EUR 2026-03-01T10:00:00',
    'purchase bob@x.invalid #3 CAP 1 x 900 EUR 2026-03-03T10:00:00',
  ]);
  await expect(imported({ 'order_items.csv': items })).rejects.toThrow(
    /order_items.csv: expected the orders beside their lines, got magento-order-items alone: nothing says who bought and when/,
  );
});

test('PrestaShop: order lines with a refund, and products with what is off', async () => {
  const lines = [
    'id_order;id_customer;date_add;product_id;product_attribute_id;product_name;product_quantity;product_quantity_refunded;unit_price_tax_incl;total_price_tax_incl',
    '12;5;2026-03-01 09:00:00;1;2;"Chemise : M";2;0;28.680000;57.360000',
    '12;5;2026-03-01 09:00:00;3;0;Affiche;1;1;1234.800000;1234.800000',
  ].join('\n');
  expect((await imported({ 'order_detail.csv': lines })).events).toEqual([
    'purchase 5 #12 1/2 2 x 2868 XXX 2026-03-01T09:00:00',
    'purchase 5 #12 3 1 x 123480 XXX 2026-03-01T09:00:00',
    'refund 5 #12 3 1 x 123480 XXX 2026-03-01T09:00:00',
  ]);
  const list = [
    '"Product ID";"Image";"Name";"Reference";"Category";"Price (tax excl.)";"Price (tax incl.)";"Quantity";"Status"',
    '"1";"https://i.invalid/1.jpg";"Chemise";"R1";"Hommes";"23,90 €";"1 028,68 €";"2 400";"1"',
    '"2";"";"Tasse";"R2";"Art";"9,00 €";"10,80 €";"0";"0"',
  ].join('\n');
  const { products, facts } = await imported({ 'product.csv': list });
  expect(products).toEqual(['1 "Chemise" [Hommes] (reference=R1) 1 images', '2 "Tasse" [Art] (reference=R2) hidden']);
  expect(facts).toEqual(['1 102868 EUR', '1 stock 2400', '2 1080 EUR', '2 stock 0']);
});

test('Shopware, BigCommerce and Amazon', async () => {
  const shopware = [
    'id;parent_id;product_number;active;stock;name;description;price_gross;list_price_gross;manufacturer_name;categories',
    'a1;;SW1;1;0;Shirt;Soft.;20;;Hem;Clothing',
    'a2;a1;SW1.1;1;4;;;19.5;25;;',
  ].join('\n');
  expect(await imported({ 'product.csv': shopware })).toMatchObject({
    products: ['a1 "Shirt" by Hem [Clothing] {a1, a2} (number=SW1)'],
    facts: ['a1 2000 XXX', 'a1 stock 0', 'a2 1950 XXX of 2500', 'a2 stock 4'],
  });
  const bigCommerce = [
    'Order ID,Customer ID,Customer Email,Order Date,Order Status,Order Currency Code,Product Details',
    '100,4,ann@x.invalid,03/14/2026,Shipped,USD,"Product ID: 79, Product Qty: 2, Product SKU: CUP-3, Product Name: Tin Cup, 3 dl, Product Unit Price: 9.50, Product Total Price: 19.00|Product ID: 80, Product Qty: 1, Product SKU: , Product Name: Rope, Product Unit Price: 4.00"',
    '101,0,bob@x.invalid,03/15/2026,Cancelled,USD,"Product ID: 80, Product Qty: 1, Product SKU: , Product Name: Rope, Product Unit Price: 4.00"',
  ].join('\n');
  expect((await imported({ 'orders.csv': bigCommerce })).events).toEqual([
    'purchase 4 #100 CUP-3 2 x 950 USD 2026-03-14',
    'purchase 4 #100 80 1 x 400 USD 2026-03-14',
  ]);
  const amazon = [
    'amazon-order-id\tpurchase-date\torder-status\tsales-channel\tproduct-name\tsku\tasin\tquantity\tcurrency\titem-price\tship-country',
    '302-1\t2026-03-01T10:00:00+00:00\tShipped\tAmazon.de\tTin Cup\tCUP-3\tB0X\t2\tEUR\t19.00\tDE',
    '302-2\t2026-03-02T10:00:00+00:00\tCancelled\tAmazon.de\tTin Cup\tCUP-3\tB0X\t1\tEUR\t9.50\tDE',
  ].join('\n');
  expect((await imported({ 'orders.txt': amazon })).events).toEqual([
    'purchase session:302-1 #302-1 CUP-3 2 x 950 EUR 2026-03-01T10:00:00',
  ]);
});

test('Taobao: GBK, wrapped numbers, closed orders; the two files join, and the list stands by itself', async () => {
  const encoder = new GbkEncoder();
  const list = encoder.encode([
    '"订单编号","买家会员名","总金额","订单状态","订单创建时间","宝贝标题","宝贝总数量"',
    '="41234567890123456","小明","59.80","交易成功","2026-03-01 10:00:05","茶杯","2"',
    '="41234567890123457","小明","25.00","交易关闭","2026-03-02 11:00:05","绿茶","1"',
  ]);
  const lines = encoder.encode([
    '"订单编号","标题","价格","购买数量","外部系统编号","订单状态","商家编码"',
    '="41234567890123456","茶杯","29.90","2","CUP-01-B","交易成功","CUP-01"',
    '="41234567890123457","绿茶","25.00","1","","交易关闭","TEA-1"',
  ]);
  const alone = await imported({ 'ExportOrderList.csv': list });
  expect(alone.events).toEqual(['purchase 小明 #41234567890123456 茶杯 2 x 2990 CNY 2026-03-01T10:00:05']);
  expect(alone.report.readings![0]).toMatchObject({ kind: 'taobao-order-titles', encoding: 'gb18030' });
  const both = await imported({ 'ExportOrderList.csv': list, 'ExportOrderDetailList.csv': lines });
  expect(both.events).toEqual(['purchase 小明 #41234567890123456 CUP-01/CUP-01-B 2 x 2990 CNY 2026-03-01T10:00:05']);
  expect(both.products).toEqual(['CUP-01 "茶杯" {CUP-01-B}']);
});

test('Youzan: a row for each product', async () => {
  const rows = [
    '订单号,订单状态,订单创建时间,买家手机号,商品名称,商品编码,规格编码,商品单价,商品数量,商品实际成交金额',
    'E2026,交易完成,2026-03-01 10:00:00,138****0001,茶杯,CUP-01,CUP-01-B,29.90,2,59.80',
    'E2027,已关闭,2026-03-01 10:00:00,138****0002,茶杯,CUP-01,CUP-01-B,29.90,1,29.90',
  ].join('\n');
  const { events, products } = await imported({ '订单.csv': rows });
  expect(events).toEqual(['purchase 138****0001 #E2026 CUP-01/CUP-01-B 2 x 2990 CNY 2026-03-01T10:00:00']);
  expect(products).toEqual(['CUP-01 "茶杯" {CUP-01-B}']);
});

test('Matomo: views, carts and orders inside visits', async () => {
  const at = (timestamp: number, more: object) => ({ timestamp, ...more });
  const visit = {
    ...{ idVisit: 9, visitorId: 'abc', userId: 'ann', siteCurrency: 'EUR', deviceType: 'Desktop', countryCode: 'de' },
    actionDetails: [
      at(1772352000, { type: 'action', productViewSku: 'CUP', productViewName: 'Tin Cup', productViewPrice: 9.5 }),
      at(1772352060, { type: 'action', url: 'https://x.invalid/about' }),
      at(1772352120, {
        type: 'ecommerceOrder',
        orderId: '77',
        itemDetails: [{ itemSKU: 'CUP', itemName: 'Tin Cup', itemCategory: 'Kitchen', price: 9.5, quantity: 2 }],
      }),
    ],
  };
  const { events, products } = await imported({ 'visits.json': JSON.stringify([visit]) });
  expect(events).toEqual([
    'view_item ann #9 CUP x 950 EUR 2026-03-01T08:00:00',
    'purchase ann #77 CUP 2 x 950 EUR 2026-03-01T08:02:00',
  ]);
  expect(products).toEqual(['CUP "Tin Cup" [Kitchen]']);
});

/** Node decodes GBK and does not encode it: the two bytes of each letter are found by decoding all of them. */
class GbkEncoder {
  readonly #bytes = new Map<string, readonly [number, number]>();

  constructor() {
    const decoder = new TextDecoder('gbk');
    for (let lead = 0x81; lead <= 0xfe; lead++)
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        if (trail === 0x7f) continue;
        const letter = decoder.decode(Uint8Array.of(lead, trail));
        if (letter.length === 1 && letter !== '\uFFFD' && !this.#bytes.has(letter))
          this.#bytes.set(letter, [lead, trail]);
      }
  }

  encode(lines: readonly string[]): Buffer {
    return Buffer.from(
      [...lines.join('\r\n')].flatMap((letter) =>
        letter.charCodeAt(0) < 0x80 ? [letter.charCodeAt(0)] : [...this.#bytes.get(letter)!],
      ),
    );
  }
}
