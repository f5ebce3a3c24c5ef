/**
 * Orders of Taobao, Tmall and Youzan, as sellers export them: two files that share the order's number (订单编号), or one
 * row for each product. A closed order (交易关闭) was not bought.
 */
import type { Layout } from '../layout.ts';

const person = { userId: ['买家会员名', '买家昵称'] } as const;

export const chineseShops: readonly Layout[] = [
  {
    name: 'taobao-orders',
    summary: 'Taobao and Tmall ExportOrderList: orders, their lines in ExportOrderDetailList',
    role: 'orders',
    signature: ['订单编号', '买家会员名', '订单状态', '订单创建时间'],
    columns: { orderId: '订单编号', ...person, time: ['订单创建时间', '订单付款时间'], orderStatus: '订单状态' },
    alone: {
      name: 'taobao-order-titles',
      summary: 'Taobao and Tmall ExportOrderList by itself: an order of one product by its title',
      role: 'events',
      event: 'purchase',
      signature: ['订单编号', '买家会员名', '订单状态', '订单创建时间', '宝贝标题'],
      columns: {
        ...{ orderId: '订单编号', ...person, time: ['订单创建时间', '订单付款时间'], orderStatus: '订单状态' },
        ...{ productId: '宝贝标题', title: '宝贝标题', quantity: '宝贝总数量', lineTotal: '总金额' },
      },
      currency: 'CNY',
    },
  },
  {
    name: 'taobao-order-lines',
    summary: 'Taobao and Tmall ExportOrderDetailList: lines, beside ExportOrderList',
    role: 'events',
    event: 'purchase',
    signature: ['订单编号', '标题', '价格', '购买数量'],
    columns: {
      ...{ orderId: '订单编号', title: '标题', price: '价格', quantity: '购买数量', orderStatus: '订单状态' },
      ...{ productId: ['商家编码', '外部系统编号', '标题'], variantId: '外部系统编号' },
    },
    currency: 'CNY',
    needs: 'orders',
  },
  {
    name: 'youzan-orders',
    summary: 'Youzan orders, one row for each product (订单号, 商品名称, 商品数量)',
    role: 'events',
    event: 'purchase',
    signature: ['订单号', '订单状态', '商品名称', '商品数量'],
    columns: {
      ...{ orderId: '订单号', userId: ['客户ID', '会员ID', '买家手机号', '买家昵称', '买家'], orderStatus: '订单状态' },
      ...{ time: ['订单创建时间', '下单时间', '买家付款时间'], title: '商品名称', quantity: '商品数量' },
      ...{ productId: ['商品编码', '商品名称'], variantId: ['规格编码', '商品规格编码'], price: ['商品单价', '单价'] },
      lineTotal: ['商品实际成交金额', '商品金额合计'],
    },
    currency: 'CNY',
  },
  {
    name: 'taobao-user-behavior',
    summary: "Taobao's UserBehavior.csv: user, item, category, behaviour, time, without a header",
    role: 'events',
    signature: ['user', 'item', 'category', 'behavior', 'time'],
    headerless: {
      always: true,
      names: ['user', 'item', 'category', 'behavior', 'time'],
      cells: [/^\d+$/, /^\d+$/, /^\d+$/, /^(?:pv|buy|cart|fav)$/, /^\d{9,10}$/],
    },
    columns: { userId: 'user', productId: 'item', category: 'category', kind: 'behavior', time: 'time' },
  },
];
