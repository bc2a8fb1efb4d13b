var er="#:schema https://unpkg.com/@tegata/cli/tegata.schema.json";
export{er};
