// What every peer of the engine bench does, told once: the members file of libs/synth, 20 columns, of which Attune's suggested mapping makes
// 13 canonical and carries 7.
export const FIELDS = [
  ...['member_id', 'first_name', 'last_name', 'middle_name', 'dob', 'gender', 'phone', 'email', 'address', 'city', 'state', 'zip', 'ssn'],
];

export const NULL_TOKENS = ['', 'n/a', 'na', '-', '--', '?', 'null', 'none'];

export const SEX = [
  { to: 'male', from: ['m', 'male', '1'] },
  { to: 'female', from: ['f', 'female', '2'] },
  { to: 'unknown', from: ['u', 'unknown', '0', '9'] },
];

const NAMES =
  'AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,PR Puerto Rico,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming';

/** Every spelling in small letters with its abbreviation. */
export const STATES = NAMES.split(',').flatMap((text) => {
  const [abbreviation, name] = [text.slice(0, 2), text.slice(3)];
  return [
    [abbreviation.toLowerCase(), abbreviation],
    [name.toLowerCase(), abbreviation],
  ];
});
