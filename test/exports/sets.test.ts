/** Files of other recommenders and of the public sets, in small. */
import { expect, test } from 'vitest';
import { imported } from './imported.ts';

test('MovieLens: with a header, with `::`, with tabs; films have their genres', async () => {
  const csv = {
    'ratings.csv': 'userId,movieId,rating,timestamp\n4,70,4.5,1111111111\n5,71,0.5,1111111171\n',
    'movies.csv': 'movieId,title,genres\n70,"Kettle, The (1995)",Comedy|Drama\n71,Spoon (1994),(no genres listed)\n',
  };
  const found = await imported(csv);
  expect(found.events).toEqual(['rate 4 70 =4.5 2005-03-18T01:58:31', 'rate 5 71 =0.5 2005-03-18T01:59:31']);
  expect(found.products).toEqual([
    '70 "Kettle, The (1995)" [Comedy | Drama]',
    '71 "Spoon (1994)" [(no genres listed)]',
  ]);
  const dat = {
    'ratings.dat': '4::70::5::1111111111\n5::71::1::1111111171\n',
    'movies.dat': Buffer.from('70::Th\xe9i\xe8re (1995)::Comedy|Drama\n71::Spoon (1994)::Drama\n', 'latin1'),
    'users.dat': '4::F::25::7::55117\n5::M::35::1::02460\n',
  };
  const old = await imported(dat);
  expect(old.events).toEqual(['rate 4 70 =5 2005-03-18T01:58:31', 'rate 5 71 =1 2005-03-18T01:59:31']);
  expect(old.products).toEqual(['70 "Théière (1995)" [Comedy | Drama]', '71 "Spoon (1994)" [Drama]']);
  expect(old.people['4']).toEqual({ gender: 'F', age: '25', occupation: '7' });
  expect((await imported({ 'u.data': '4\t70\t5\t881250949\n5\t71\t1\t881250950\n' })).events).toHaveLength(2);
});

test('Amazon reviews of three editions, products as Python literals and with prices that are none', async () => {
  const old = [
    {
      reviewerID: 'A1',
      asin: '0001',
      overall: 5,
      unixReviewTime: 1370908800,
      reviewTime: '06 11, 2013',
      summary: 'Good',
    },
    { reviewerID: 'A2', asin: '0001', overall: 2, unixReviewTime: 1370995200, reviewText: 'Meh &amp; so.' },
  ];
  const meta = `{'asin': '0001', 'title': "Jane's Cup", 'price': 9.5, 'categories': [['Home', 'Cups'], ['Gifts']], 'related': {'also_bought': ['2']}}\n`;
  const found = await imported({ 'reviews.json': old.map((row) => JSON.stringify(row)).join('\n'), 'meta.json': meta });
  expect(found.events).toEqual(['rate A1 0001 =5 2013-06-11', 'rate A2 0001 =2 2013-06-12']);
  expect(found.products).toEqual(['0001 "Jane\'s Cup" [Home > Cups | Gifts]']);
  expect(found.facts).toEqual(['0001 950 USD']);
  const review = {
    rating: 1,
    title: 'Yuck',
    text: 'No',
    asin: 'B1',
    parent_asin: 'P1',
    user_id: 'A3',
    timestamp: 1602602602602,
  };
  const product = {
    main_category: 'Beauty',
    title: 'Mask',
    price: 'from 12.99',
    categories: ['Face', 'Masks'],
    parent_asin: 'P1',
  };
  const other = { ...product, title: 'Soap', price: null, categories: [], parent_asin: 'P2' };
  const files = {
    'r.jsonl': JSON.stringify(review),
    'm.jsonl': `${JSON.stringify(product)}\n${JSON.stringify(other)}\n`,
  };
  const new2023 = await imported(files);
  expect(new2023.products).toEqual([
    'P1 "Mask" [Face > Masks] {P1, B1} (main_category=Beauty)',
    'P2 "Soap" [Beauty] (main_category=Beauty)',
  ]);
  expect([new2023.facts, new2023.aside]).toEqual([[], []]);
  expect(new2023.notes).toContain('1 row hold a price that is no number, such as "from 12.99"');
});

test('Instacart: orders without dates keep their distances; aisles get their names', async () => {
  const { events, products, notes } = await imported({
    'orders.csv':
      'order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order\n91,51,prior,1,2,08,\n92,51,prior,2,3,07,15.0\n93,52,prior,1,3,12,\n',
    'order_products__prior.csv':
      'order_id,product_id,add_to_cart_order,reordered\n91,601,1,0\n91,602,2,0\n92,601,1,1\n93,603,1,0\n',
    'products.csv': 'product_id,product_name,aisle_id,department_id\n601,Soda,77,7\n602,Oats,91,16\n603,Jerky,23,19\n',
    'aisles.csv': 'aisle_id,aisle\n77,soft drinks\n91,cereal\n23,snacks\n',
  });
  const days = events.map((event) => event.split(' '));
  expect(days.map(([kind, who, order, product]) => [kind, who, order, product].join(' '))).toEqual([
    ...['purchase 51 #91 601', 'purchase 51 #91 602', 'purchase 51 #92 601', 'purchase 52 #93 603'],
  ]);
  const at = days.map((parts) => Date.parse(`${parts.at(-1)!.replace('Z', '')}Z`));
  expect([Math.round((at[2]! - at[0]!) / 86_400_000), at[0], at[0]]).toEqual([15, at[1], at[3]]);
  expect(products).toEqual([
    '601 "Soda" (aisle=soft drinks; department=7)',
    '602 "Oats" (aisle=cereal; department=16)',
    '603 "Jerky" (aisle=snacks; department=19)',
  ]);
  expect(notes).toContain("the days between a person's orders are true");
});

test('Olist: lines, orders, products and customers join; one person stands under many ids', async () => {
  const files = {
    'items.csv':
      'order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\no1,1,p1,s,2017-09-19 09:45:35,58.90,13\no2,1,p1,s,2017-09-20 09:45:35,58.90,13\no2,2,p1,s,2017-09-20 09:45:35,58.90,13\no3,1,p2,s,2017-09-20 09:45:35,9.90,3\no9,1,p2,s,2017-09-20 09:45:35,9.90,3\n',
    'orders.csv':
      'order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at\no1,c1,delivered,2017-09-13 08:59:02,\no2,c2,shipped,2017-09-14 08:59:02,\no3,c3,canceled,2017-09-15 08:59:02,\n',
    'products.csv':
      'product_id,product_category_name,product_name_lenght,product_photos_qty\np1,brinquedos,58,4\np2,jardim,5,1\n',
    'customers.csv':
      'customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nc1,u1,01,Recife,PE\nc2,u1,01,Recife,PE\nc3,u2,02,Natal,RN\n',
  };
  const { events, aside, people, notes } = await imported(files);
  expect(events).toEqual([
    'purchase u1 #o1 p1 1 x 5890 BRL 2017-09-13T08:59:02',
    'purchase u1 #o2 p1 1 x 5890 BRL 2017-09-14T08:59:02',
    'purchase u1 #o2 p1 1 x 5890 BRL 2017-09-14T08:59:02',
  ]);
  expect(aside).toEqual(['unsold-orders: its order is "canceled"', 'unmatched-lines: no order o9']);
  expect(people['u1']).toEqual({ city: 'Recife', state: 'PE' });
  expect(notes).toContain('1 lines are of orders that orders.csv does not have');
  const { 'orders.csv': orders, 'items.csv': items } = files;
  await expect(imported({ 'orders.csv': orders })).rejects.toThrow(/expected the lines of the orders beside them/);
  await expect(
    imported({ 'items.csv': items, 'orders.csv': orders.replaceAll(/^o/gm, 'x').replace('xrder', 'order') }),
  ).rejects.toThrow(/orders.csv: expected the ids of orders that items.csv has as well, got none in common/);
});

test('H&M: equal rows are each a sale, prices are no money', async () => {
  const { events, facts, people } = await imported({
    'transactions_train.csv':
      't_dat,customer_id,article_id,price,sales_channel_id\n2018-09-20,c1,0990,0.05,2\n2018-09-20,c1,0990,0.05,2\n2018-09-21,c2,0991,0.01,1\n',
    'articles.csv':
      'article_id,product_code,prod_name,product_type_name,product_group_name,colour_group_name,detail_desc\n0990,099,Body,Body,Underwear,Black,"Lace, soft."\n',
    'customers.csv':
      'customer_id,FN,Active,club_member_status,fashion_news_frequency,age,postal_code\nc1,,,ACTIVE,NONE,24,abc\n',
  });
  expect(events).toEqual([
    'purchase c1 0990 1 2018-09-20',
    'purchase c1 0990 1 2018-09-20',
    'purchase c2 0991 1 2018-09-21',
  ]);
  expect(facts).toEqual([]);
  expect(people['c1']).toEqual({ club_member_status: 'ACTIVE', age: '24' });
});

test('sessions: RetailRocket with properties and tree, Yoochoose, Diginetica, REES46, Taobao', async () => {
  const rocket = await imported({
    'events.csv':
      'timestamp,visitorid,event,itemid,transactionid\n1500000000000,9,view,77,\n1500000060000,9,transaction,77,51\n',
    'item_properties.csv':
      'timestamp,itemid,property,value\n1500100000000,77,categoryid,31\n1500000000000,77,categoryid,30\n1500000000000,77,available,0\n1500200000000,77,888,n1.0 5\n',
    'category_tree.csv': 'categoryid,parentid\n31,9\n9,\n',
  });
  expect(rocket.events.map((event) => event.split(' ').slice(0, 3).join(' '))).toEqual([
    'view_item 9 77',
    'purchase 9 #51',
  ]);
  expect(rocket.products).toEqual(['77 "77" [9 > 31]']);
  expect(rocket.facts).toEqual(['77 stock 0']);
  const choose = await imported({
    'clicks.dat': '71,2014-04-07T10:51:09.277Z,9036,0\n71,2014-04-07T10:54:09.868Z,9037,S\n',
    'buys.dat': '71,2014-04-07T10:55:00.000Z,9037,1046,2\n72,2014-04-07T10:55:00.000Z,9037,0,0\n',
  });
  expect(choose.events).toEqual([
    'view_item session:71 #71 9036 2014-04-07T10:51:09.277Z',
    'view_item session:71 #71 9037 2014-04-07T10:54:09.868Z',
    'purchase session:71 #71 9037 2 x 104600 XXX 2014-04-07T10:55:00',
    'purchase session:72 #72 9037 1 x 104600 XXX 2014-04-07T10:55:00',
  ]);
  const digi = await imported({
    'train-item-views.csv':
      'sessionId;userId;itemId;timeframe;eventdate\n1;NA;81;526309;2016-05-09\n1;NA;82;1031018;2016-05-09\n',
    'product-categories.csv': 'itemId;categoryId\n81;1096\n',
  });
  expect(digi.events).toEqual([
    'view_item session:1 #1 81 2016-05-09T00:08:46.309Z',
    'view_item session:1 #1 82 2016-05-09T00:17:11.018Z',
  ]);
  const rees = await imported({
    '2019-Oct.csv': [
      'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session',
      '2019-10-01 00:00:00 UTC,view,996,9103,,aurelia,35.79,9913,8f68',
      '2019-10-01 00:00:05 UTC,cart,997,9053,home.kettle,kettel,33.20,9947,7157',
      '2019-10-01 00:00:20 UTC,remove_from_cart,997,9053,home.kettle,kettel,33.20,9947,7157',
    ].join('\n'),
  });
  expect(rees.events.map((event) => event.split(' ').slice(0, 4).join(' '))).toEqual([
    'view_item 9913 #8f68 996',
    'add_to_cart 9947 #7157 997',
  ]);
  expect(rees.products).toEqual(['996 "996" by aurelia', '997 "997" by kettel [home > kettle]']);
  expect([rees.aside, rees.notes.includes('the event remove_from_cart')]).toEqual([[], true]);
  const taobao = await imported({
    'UserBehavior.csv': '1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n',
  });
  expect(taobao.events.map((event) => event.split(' ').slice(0, 3).join(' '))).toEqual([
    'view_item 1 2268318',
    'purchase 1 2333346',
  ]);
});

test('games, films and music without headers or without times', async () => {
  const steam = await imported({
    'steam-200k.csv': '151,Portal,purchase,1.0,0\n151,Portal,play,273.0,0\n152,"Quake, The",purchase,1.0,0\n',
  });
  expect(steam.events.map((event) => event.replace(/ \S+$/, ''))).toEqual([
    'purchase 151 Portal 1',
    'view_item 151 Portal',
    'purchase 152 Quake, The 1',
  ]);
  expect(steam.notes).toContain('no times: the order of the file stands for them');
  const owned = await imported({
    'users_items.json':
      "{'user_id': '99561190000000479', 'items_count': 2, 'items': [{'item_id': '10', 'item_name': 'Counter'}, {'item_id': '20', 'item_name': \"Team's\"}]}\n",
  });
  expect(owned.products).toEqual(['10 "Counter"', '20 "Team\'s"']);
  const netflix = await imported({
    'combined_data_1.txt': '1:\n998,3,2005-09-06\n992,5,2005-05-13\n2:\n998,4,2005-10-19\n',
    'movie_titles.csv': '1,2003,Dinosaur Tea\n2,NULL,"Isle, An"\n',
  });
  expect(netflix.events).toEqual(['rate 998 1 =3 2005-09-06', 'rate 992 1 =5 2005-05-13', 'rate 998 2 =4 2005-10-19']);
  expect(netflix.products).toEqual(['1 "Dinosaur Tea" (year=2003)', '2 "Isle, An"']);
  const sha = 'a'.repeat(40);
  const music = await imported({
    'usersha1-artmbid-artname-plays.tsv': `${sha}\tf1-2\tThe Kettles\t12\n${sha}\t\tSpoon\t3\n`,
  });
  expect(music.products).toEqual(['f1-2 "The Kettles"', 'Spoon "Spoon"']);
  const yelp = await imported({
    'review.json': JSON.stringify({
      ...{
        review_id: 'r1',
        user_id: 'u1',
        business_id: 'b1',
        stars: 4,
        date: '2018-07-07 22:09:11',
        text: 'Nice',
        useful: 0,
      },
    }),
    'business.json': JSON.stringify({
      business_id: 'b1',
      name: 'Tea Hut',
      categories: 'Tea, Cafes',
      is_open: 0,
      city: 'York',
      attributes: null,
    }),
  });
  expect(yelp.events).toEqual(['rate u1 b1 =4 2018-07-07T22:09:11']);
  expect(yelp.products).toEqual(['b1 "Tea Hut" [Tea | Cafes] (city=York) hidden']);
  const taFeng = await imported({
    'ta_feng.csv':
      'TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE\n11/1/2000,1104,45-49,115,110411,471,2,24,30\n11/13/2000,1105,45-49,115,110411,471,1,12,15\n',
  });
  expect(taFeng.events).toEqual([
    'purchase 1104 471 2 x 1500 TWD 2000-11-01',
    'purchase 1105 471 1 x 1500 TWD 2000-11-13',
  ]);
});

test('Gorse, Personalize, Google Retail, Algolia, Metarank, Recombee', async () => {
  const gorse = await imported({
    'feedback.jsonl': '{"FeedbackType":"like","UserId":"ann","ItemId":"10","Timestamp":"2022-02-24T00:00:00Z"}\n',
    'items.jsonl':
      '{"ItemId":"10","IsHidden":false,"Categories":["a","b"],"Labels":["x"],"Comment":"Ten"}\n{"ItemId":"11","IsHidden":true,"Categories":[],"Labels":[],"Comment":"Eleven"}\n',
    'users.csv': 'user_id,labels\nann,tea|cups\n',
  });
  expect(gorse.events).toEqual(['feedback ann 10 2022-02-24']);
  expect(gorse.products).toEqual(['10 "Ten" [a | b] (tags=x)', '11 "Eleven" hidden']);
  const aws = await imported({
    'interactions.csv': 'USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n0035,0151,1772352100,Purchase,1\n',
    'items.csv':
      'ITEM_ID,CREATION_TIMESTAMP,PRODUCT_NAME,CATEGORY_L1,CATEGORY_L2,PRICE\n0151,1700000000,Tin Cup,Outdoor,Cookware,9.5\n',
  });
  expect(aws.products).toEqual(['0151 "Tin Cup" [Outdoor] (CATEGORY_L2=Cookware)']);
  const google = await imported({
    'products.jsonl': JSON.stringify({
      ...{
        id: '44',
        title: 'Coat',
        categories: ['Clothing > Coats', 'Sale'],
        images: [{ uri: 'https://i.invalid/f.jpg' }],
      },
      ...{ priceInfo: { currencyCode: 'EUR', price: 59.9, originalPrice: 79.9 }, availability: 'OUT_OF_STOCK' },
    }),
    'user_events.jsonl': [
      {
        eventType: 'detail-page-view',
        visitorId: 'v1',
        eventTime: '2026-03-01T08:00:00Z',
        productDetails: [{ product: { id: '44' } }],
      },
      { eventType: 'home-page-view', visitorId: 'v1', eventTime: '2026-03-01T08:00:30Z' },
      { eventType: 'search', visitorId: 'v1', eventTime: '2026-03-01T08:01:00Z', searchQuery: 'coat' },
      {
        ...{
          eventType: 'purchase-complete',
          visitorId: 'v1',
          userInfo: { userId: 'u1' },
          eventTime: '2026-03-01T08:03:00Z',
        },
        productDetails: [{ product: { id: '44' }, quantity: 1 }],
        purchaseTransaction: { id: '727', currencyCode: 'EUR' },
      },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  });
  expect(google.events).toEqual(
    [
      'view_item v1 44 2026-03-01T08:00:00',
      'search v1 2026-03-01T08:01:00',
      'purchase u1 #727 44 1 x 5990 EUR 2026-03-01T08:03:00',
    ].map((line) => line.replace(' x 5990 EUR', '')),
  );
  expect(google.products).toEqual(['44 "Coat" [Clothing > Coats | Sale] 1 images']);
  expect(google.facts).toEqual(['44 5990 EUR of 7990', '44 stock 0']);
  const algolia = await imported({
    'insights.jsonl': [
      {
        eventType: 'click',
        eventName: 'Clicked',
        userToken: 'v2',
        timestamp: 1772352000000,
        objectIDs: ['44', '51'],
        queryID: 'q1',
      },
      {
        eventType: 'conversion',
        eventSubtype: 'purchase',
        eventName: 'Bought',
        userToken: 'v2',
        timestamp: 1772352060000,
        objectIDs: ['51'],
      },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  });
  expect(algolia.events.map((event) => event.split(' ').slice(0, 3).join(' '))).toEqual([
    'view_item v2 44',
    'view_item v2 51',
    'purchase v2 51',
  ]);
  const metarank = await imported({
    'events.jsonl': [
      {
        event: 'item',
        id: 'a',
        timestamp: '1599391467000',
        item: '44',
        fields: [
          { name: 'title', value: 'Coat' },
          { name: 'color', value: ['red'] },
        ],
      },
      {
        event: 'ranking',
        id: 'r1',
        timestamp: '1599391467000',
        user: 'u1',
        session: 's1',
        items: [{ id: '44' }, { id: '51' }],
      },
      {
        event: 'interaction',
        id: 'i1',
        type: 'click',
        timestamp: '1599391468000',
        user: 'u1',
        session: 's1',
        ranking: 'r1',
        item: '51',
      },
      { event: 'user', id: 'u', timestamp: '1599391467000', user: 'u1', fields: [{ name: 'age', value: 33 }] },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  });
  expect(metarank.events.map((event) => event.split(' ').slice(0, 4).join(' '))).toEqual([
    ...['impression u1 #s1 44', 'impression u1 #s1 51', 'view_item u1 #s1 51'],
  ]);
  expect([metarank.products[0], metarank.people['u1']]).toEqual(['44 "Coat" (color=red)', { age: '33' }]);
  const recombee = await imported({
    'purchases.csv': 'userId,itemId,timestamp,recommId,amount,price\nu1,44,1772352000,,2,19\n',
  });
  expect(recombee.events).toEqual(['purchase u1 44 2 x 950 XXX 2026-03-01T08:00:00']);
});
