/** Names of columns, however they are spelt. */

/** @example plainName('Customer ID') // 'customerid' */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '');
}

/** Position of a column by its name, in any case and with `_`, `-` and blanks alike; -1 where absent. */
export function columnOf(columns: readonly string[], ...names: readonly string[]): number {
  for (const name of names) {
    const found = columns.findIndex((column) => plainName(column) === plainName(name));
    if (found >= 0) return found;
  }
  return -1;
}

const personal =
  /e-?mail|phone|mobile|street|address|zip|postcode|postalcode|firstname|lastname|fullname|surname|birth|gender|passport|taxid|vatid|billing|recipient|buyer|收货|收件|买家|手机|电话|姓名|支付宝|地址|邮箱|身份证/;

/** True for a column that holds what belongs to a person: it has no place in a catalogue. */
export function isPersonal(column: string): boolean {
  return personal.test(plainName(column));
}

const ofPeople =
  /^(name|age|sex|agegroup|city|country|state|region|province|language|segment|tier|plan|company|note|tags|occupation|acceptsmarketing|acceptsemailmarketing|acceptssmsmarketing|totalspent|totalorders|taxexempt|membership|loyalty|signup|signupdate|registered|registeredat|createdat|joined|active|clubmemberstatus|fashionnewsfrequency|fn|income|householdsize|maritalstatus|homeowner|homeownerdesc|incomedesc|agedesc|maritalstatuscode|householdsizedesc|kidcategorydesc|hhcompdesc)$/;

/** True for a column that describes people, as exports of customers have it. */
export function describesPeople(column: string): boolean {
  return isPersonal(column) || ofPeople.test(plainName(column));
}
