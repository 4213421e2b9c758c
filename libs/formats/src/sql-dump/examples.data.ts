import type { StructuredExample } from '../structured-format.js';

const lines = (...text: string[]): string => text.map((line) => `${line}\n`).join('');

/** As mysqldump 8 writes: comments with versions, several rows a statement, backslashes. */
const MYSQLDUMP = lines(
  '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)',
  '--',
  '-- Host: localhost    Database: clinic',
  '-- ------------------------------------------------------',
  '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;',
  '/*!50503 SET NAMES utf8mb4 */;',
  '',
  'DROP TABLE IF EXISTS `patient`;',
  'CREATE TABLE `patient` (',
  '  `PatNum` bigint NOT NULL AUTO_INCREMENT,',
  "  `LName` varchar(100) DEFAULT '' COMMENT 'it''s, (the) \\'name\\'',",
  '  `Note` text,',
  '  `Balance` decimal(10,2) DEFAULT NULL,',
  '  `Photo` blob,',
  '  PRIMARY KEY (`PatNum`),',
  '  KEY `name` (`LName`)',
  ') ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4;',
  '',
  'LOCK TABLES `patient` WRITE;',
  '/*!40000 ALTER TABLE `patient` DISABLE KEYS */;',
  "INSERT INTO `patient` VALUES (1,'O\\'Hara','a\\nb; (c)',-12.50,0x41FF),(2,'Bro\"ck','',NULL,NULL),(3,'O''Neil','100\\% \\\\',1e3,_binary 'x\\0y');",
  "INSERT INTO `patient` VALUES (4,'Zoë',NULL,.5,X'00');",
  '/*!40000 ALTER TABLE `patient` ENABLE KEYS */;',
  'UNLOCK TABLES;',
  'DELIMITER ;;',
  '/*!50003 CREATE TRIGGER `t` AFTER INSERT ON `patient` FOR EACH ROW BEGIN',
  "INSERT INTO `patient` VALUES (NEW.PatNum,'x','y',1,NULL); END */;;",
  'DELIMITER ;',
  "INSERT INTO `log` VALUES (1,'a row of (another) table; it''s no record'),(2,'x');",
  '-- Dump completed on 2026-01-01  0:00:00',
);

/** As pg_dump 16 writes by default. */
const PG_DUMP = lines(
  '--',
  '-- PostgreSQL database dump',
  '--',
  '',
  '\\restrict aBcD',
  'SET standard_conforming_strings = on;',
  "SELECT pg_catalog.set_config('search_path', '', false);",
  '',
  'CREATE TABLE public.person (',
  '    person_id integer NOT NULL,',
  "    name character varying(50) DEFAULT 'a,b'::character varying,",
  '    "Birth Date" date,',
  '    CONSTRAINT positive CHECK ((person_id > 0))',
  ');',
  '',
  'CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS $$',
  "INSERT INTO public.person VALUES (9, 'within a function', NULL);",
  '$$;',
  '',
  'COPY public.visit (visit_id, note) FROM stdin;',
  '1\tanother table',
  '\\.',
  '',
  'COPY public.person (person_id, name, "Birth Date") FROM stdin;',
  '1\tIlka\\tB\\\\x\t1987-03-09',
  '2\t\t\\N',
  '3\tline\\nbreak \\303\\251\t\\x31987',
  '\\.',
  '',
  "SELECT pg_catalog.setval('public.person_id_seq', 3, true);",
  '\\unrestrict aBcD',
);

/** As pg_dump --inserts writes. */
const PG_INSERTS = lines(
  "SET client_encoding = 'UTF8';",
  "INSERT INTO public.person VALUES (1, 'O''Hara \\ x', NULL, '{a,b}'::text[], true);",
  "INSERT INTO public.person VALUES (2, E'a\\tb\\'c\\u00e9', '', $tag$it's; $$ (x)$tag$, false), (3, '', '1'::character varying(10), DATE '2024-01-01', B'01');",
);

/** Faults, each of which costs no more than it must. */
const HOSTILE = lines(
  'CREATE TABLE `t` (`a` int, `b` text);',
  "INSERT INTO `t` VALUES (1,'a'),(2),(3,'c','x'),(4,NOW()),(5,'e');",
  "INSERT INTO `t` (`b`, `a`) VALUES ('f', 6);",
  'INSERT INTO `t` SET a = 7;',
  'this is no SQL (8)',
  "INSERT INTO `t` VALUES (9,'i') ON DUPLICATE KEY UPDATE b = VALUES(b);",
  "INSERT INTO `t` VALUES (10,'j'), rubbish",
  "(11,'k'),",
  "(12,'l');",
  "INSERT INTO `t` VALUES (13,'never closed);",
);

export const EXAMPLES: readonly StructuredExample[] = [
  {
    text: MYSQLDUMP,
    columns: ['PatNum', 'LName', 'Note', 'Balance', 'Photo'],
    records: [
      ['1', "O'Hara", 'a\nb; (c)', '-12.50', '41FF'],
      ['2', 'Bro"ck', '', null, null],
      ['3', "O'Neil", '100\\% \\', '1e3', 'x\0y'],
      ['4', 'Zoë', null, '.5', '00'],
    ],
  },
  {
    text: PG_DUMP,
    columns: ['person_id', 'name', 'Birth Date'],
    records: [
      ['1', 'Ilka\tB\\x', '1987-03-09'],
      ['2', '', null],
      ['3', 'line\nbreak é', '1987'],
    ],
  },
  {
    text: PG_INSERTS,
    columns: ['column_1', 'column_2', 'column_3', 'column_4', 'column_5'],
    records: [
      ['1', "O'Hara \\ x", null, '{a,b}', 'true'],
      ['2', "a\tb'cé", '', "it's; $$ (x)", 'false'],
      ['3', '', '1', '2024-01-01', '01'],
    ],
  },
  {
    text: HOSTILE,
    columns: ['a', 'b'],
    records: [
      ['1', 'a'],
      ['5', 'e'],
      ['9', 'i'],
      ['10', 'j'],
      ['11', 'k'],
      ['12', 'l'],
    ],
    rejected: [
      'sql.value_count',
      'sql.value_count',
      'sql.expression',
      'sql.column_list',
      'sql.syntax',
      'sql.syntax',
      'sql.syntax',
      'sql.unterminated',
    ],
  },
];
