export { ByteExpression, compileToBytes } from './bytes/compile-to-bytes.js';
export { columnsOf, parseColumnExpression, type ColumnExpression } from './column-expression.js';
export { fieldsOf, parseRuleExpression, ruleSql, type RuleExpression } from './rule-expression.js';
export { compileToSql } from './sql/compile-to-sql.js';
export type { Expression } from './syntax/expression.js';
export { parseExpression } from './syntax/parse-expression.js';
export { printExpression } from './syntax/print-expression.js';
export { FUNCTIONS, usageOf, type FunctionDefinition } from './typed/functions.js';
export type { CheckedExpression, ExpressionType, Reference } from './typed/typed.js';
