const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const FIRST_NAMES = words(`
  Ada Alba Alden Alma Amara Anders Anika Arlo Asa Astrid Aurel Beata Benno Bodil Bram Brisa Calla Carlo Cato Celia Clio Corin Dalia
  Daria Darrow Delia Edda Eino Elio Elva Emil Enzo Esme Fabia Farid Fenna Fiora Gaia Gideon Greta Hadi Halle Hanno Hedda Hugo Ida Ilse
  Imani Ines Ivo Jaro Joan Jora Juno Kaia Karim Kela Kiran Lale Leif Lena Leto Lino Liv Lois Luca Mabel Maia Malik Marek Mina Mira
  Nadia Nari Nils Noor Odette Olin Oona Orin Otto Pavel Petra Pia Quill Rafa Remy Rhea Rio Rosa Runa Sami Sana Selma Silas Sini Soren
  Tala Tamar Tess Theo Tova Ugo Una Vera Vito Wanda Wren Yara Yusuf Zara Zeno Zoë José Renée Łucja Björn Mary-Ann`);

export const LAST_NAMES = words(`
  Abram Adair Aldane Alvers Amberg Arden Ashgrove Atwell Bancroft Barlow Bayliss Beckwith Bellamy Birchall Blakeney Bramwell Brookfield
  Calder Carrow Castell Chalmer Clayborn Colby Corbin Cranford Dalmore Danforth Darnell Deering Dorn Draycott Dunmore Eastwick Edgerly
  Elmhurst Emory Fairwell Farrow Fenwick Fielding Forsley Garrick Gladwin Glenmore Granger Greaves Hadlow Halberg Harwick Hathorn Hazelby
  Holloway Ingram Ironwood Jarvis Jessop Kelmore Kendrick Kestrel Kirkby Lambert Langdale Larkin Lindholm Lockhart Lorimer Mallory Marden
  Marlowe Medlock Merrick Mondale Norcross Norwell Oakley Ormond Osgood Pemberly Penrose Pickford Quigley Radcliff Ramsden Redfern Ridley
  Rosewood Rowntree Sandell Selwyn Shadwell Sorrel Stanhope Sterling Tamworth Tarrant Thornbury Tolland Underhill Upton Vance Varley
  Wakefield Walden Westbrook Whitcomb Winslow Woodrow Yarrow Yorke Zeller Núñez Müller Šimek O'Dell McArdle`);

export const STREETS = words(`
  Alder Birch Cedar Dogwood Elm Fern Gorse Hazel Ivy Juniper Katsura Larch Maple Nutmeg Oak Pine Quince Rowan Spruce Tamarack`);

export const STREET_KINDS = words('Street St Avenue Ave Road Rd Lane Ln Drive Dr Court Ct Way Place Boulevard Blvd');

/** City, state, its name, the first three digits of its ZIP codes, area code. */
export const PLACES = `
  Boston|MA|Massachusetts|021|617;Worcester|MA|Massachusetts|016|508;Hartford|CT|Connecticut|061|860;Providence|RI|Rhode Island|029|401
  Albany|NY|New York|122|518;Buffalo|NY|New York|142|716;Newark|NJ|New Jersey|071|973;Philadelphia|PA|Pennsylvania|191|215
  Baltimore|MD|Maryland|212|410;Richmond|VA|Virginia|232|804;Raleigh|NC|North Carolina|276|919;Columbia|SC|South Carolina|292|803
  Atlanta|GA|Georgia|303|404;Orlando|FL|Florida|328|407;Nashville|TN|Tennessee|372|615;Louisville|KY|Kentucky|402|502
  Columbus|OH|Ohio|432|614;Detroit|MI|Michigan|482|313;Chicago|IL|Illinois|606|312;Madison|WI|Wisconsin|537|608
  Saint Paul|MN|Minnesota|551|651;Des Moines|IA|Iowa|503|515;St. Louis|MO|Missouri|631|314;Omaha|NE|Nebraska|681|402
  Wichita|KS|Kansas|672|316;Tulsa|OK|Oklahoma|741|918;Dallas|TX|Texas|752|214;Houston|TX|Texas|770|713
  Denver|CO|Colorado|802|303;Boise|ID|Idaho|837|208;Phoenix|AZ|Arizona|850|602;Las Vegas|NV|Nevada|891|702
  Salt Lake City|UT|Utah|841|801;Seattle|WA|Washington|981|206;Portland|OR|Oregon|972|503;Sacramento|CA|California|958|916`
  .trim()
  .split(/[;\n]\s*/)
  .map((line) => line.trim().split('|') as [city: string, state: string, stateName: string, zipPrefix: string, areaCode: string]);
